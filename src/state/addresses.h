#pragma once
#include <map>
#include <string>

#include "base/result.h"
#include "state/sqlite.h"

namespace keelson::state {

/// Addresses given out in the foundation's block, by member or endpoint name (last octet): they never move. Thread-safe.
class Addresses {
 public:
  explicit Addresses(Database& database) : database_(database) {}
  Result<std::map<std::string, int>> load();
  /// Replaces what is kept by `book`, all or nothing. Two names with one address are refused.
  Result<void> save(const std::map<std::string, int>& book);

 private:
  Database& database_;
};

}  // namespace keelson::state
