#include "state/processes.h"

namespace keelson::state {

Result<void> Processes::put(const std::string& kind, const std::string& name, const std::string& json) {
  return database_.run("INSERT OR REPLACE INTO agent VALUES (?, ?, ?)", {kind, name, json});
}

Result<std::optional<std::string>> Processes::get(const std::string& kind, const std::string& name) {
  std::optional<std::string> json;
  KEELSON_CHECK(database_.each("SELECT json FROM agent WHERE kind = ? AND name = ?", {kind, name},
                               [&](const Row& row) { json = row.text(0); }));
  return json;
}

Result<std::map<std::string, std::string>> Processes::all(const std::string& kind) {
  std::map<std::string, std::string> rows;
  KEELSON_CHECK(database_.each("SELECT name, json FROM agent WHERE kind = ?", {kind},
                               [&](const Row& row) { rows[row.text(0)] = row.text(1); }));
  return rows;
}

Result<void> Processes::erase(const std::string& kind, const std::string& name) {
  return database_.run("DELETE FROM agent WHERE kind = ? AND name = ?", {kind, name});
}

}  // namespace keelson::state
