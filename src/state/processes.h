#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "state/sqlite.h"

namespace keelson::state {

/// JSON texts by kind and name: what the agent must know again after it was restarted ("spec" = declared instances,
/// "process" = those that run). The texts are the agent's own; nothing here reads them. Thread-safe.
class Processes {
 public:
  explicit Processes(Database& database) : database_(database) {}
  Result<void> put(const std::string& kind, const std::string& name, const std::string& json);
  Result<std::optional<std::string>> get(const std::string& kind, const std::string& name);
  /// By name, of one kind.
  Result<std::map<std::string, std::string>> all(const std::string& kind);
  Result<void> erase(const std::string& kind, const std::string& name);

 private:
  Database& database_;
};

}  // namespace keelson::state
