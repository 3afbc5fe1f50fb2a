#pragma once
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "state/sqlite.h"

namespace keelson::state {

/// Digests of the files as keelson last wrote them, by instance and path: what tells drift (somebody else changed the
/// file) from change (the blueprint did). Thread-safe.
class WrittenFiles {
 public:
  explicit WrittenFiles(Database& database) : database_(database) {}
  Result<void> put(const std::string& instance, const std::string& path, const std::string& digest);
  Result<std::optional<std::string>> get(const std::string& instance, const std::string& path);
  /// Digest by path, of one instance.
  Result<std::map<std::string, std::string>> all(const std::string& instance);
  Result<void> forget(const std::string& instance, const std::string& path);
  Result<void> forget_instance(const std::string& instance);

 private:
  Database& database_;
};

}  // namespace keelson::state
