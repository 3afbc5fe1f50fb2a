#pragma once
#include <map>
#include <string>

#include "base/result.h"
#include "state/sqlite.h"

namespace keelson::state {

/// Digests of the files as keelson last wrote them, by instance and path: what tells drift (somebody else changed the
/// file) from change (the blueprint did). Kept when an instance is taken out of the blueprint, as its files are: when it comes back,
/// both questions can still be answered. Thread-safe.
class WrittenFiles {
 public:
  explicit WrittenFiles(Database& database) : database_(database) {}
  Result<void> put(const std::string& instance, const std::string& path, const std::string& digest);
  /// Digest by path, of one instance.
  Result<std::map<std::string, std::string>> all(const std::string& instance);

 private:
  Database& database_;
};

}  // namespace keelson::state
