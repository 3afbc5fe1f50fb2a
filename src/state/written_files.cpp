#include "state/written_files.h"

namespace keelson::state {

Result<void> WrittenFiles::put(const std::string& instance, const std::string& path, const std::string& digest) {
  return database_.run("INSERT OR REPLACE INTO written_file VALUES (?, ?, ?)", {instance, path, digest});
}

Result<std::map<std::string, std::string>> WrittenFiles::all(const std::string& instance) {
  std::map<std::string, std::string> digests;
  KEELSON_CHECK(database_.each("SELECT path, digest FROM written_file WHERE instance = ?", {instance},
                               [&](const Row& row) { digests[row.text(0)] = row.text(1); }));
  return digests;
}

}  // namespace keelson::state
