#include "state/written_files.h"

namespace keelson::state {

Result<void> WrittenFiles::put(const std::string& instance, const std::string& path, const std::string& digest) {
  return database_.run("INSERT OR REPLACE INTO written_file VALUES (?, ?, ?)", {instance, path, digest});
}

Result<std::optional<std::string>> WrittenFiles::get(const std::string& instance, const std::string& path) {
  std::optional<std::string> digest;
  KEELSON_CHECK(database_.each("SELECT digest FROM written_file WHERE instance = ? AND path = ?", {instance, path},
                               [&](const Row& row) { digest = row.text(0); }));
  return digest;
}

Result<std::map<std::string, std::string>> WrittenFiles::all(const std::string& instance) {
  std::map<std::string, std::string> digests;
  KEELSON_CHECK(database_.each("SELECT path, digest FROM written_file WHERE instance = ?", {instance},
                               [&](const Row& row) { digests[row.text(0)] = row.text(1); }));
  return digests;
}

Result<void> WrittenFiles::forget(const std::string& instance, const std::string& path) {
  return database_.run("DELETE FROM written_file WHERE instance = ? AND path = ?", {instance, path});
}

Result<void> WrittenFiles::forget_instance(const std::string& instance) {
  return database_.run("DELETE FROM written_file WHERE instance = ?", {instance});
}

}  // namespace keelson::state
