#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "state/sqlite.h"
#include "system/clock.h"

namespace keelson::state {

/// A drill that ended, as it is remembered.
struct DrillRecord {
  std::string component;
  std::string fault;
  std::string verdict;  ///< "pass" or "fail"
  Json card;            ///< the whole keelson.drill/v1 document
  std::int64_t at_ms = 0;  ///< set by the log
};

/// The drills of a foundation, the newest `keep` of them. Thread-safe.
class DrillLog {
 public:
  DrillLog(Database& database, Clock& clock, std::int64_t keep = 1'000) : database_(database), clock_(clock), keep_(keep) {}
  Result<void> append(const DrillRecord& record);
  /// Newest first.
  Result<std::vector<DrillRecord>> list(int limit = 100);
  /// The newest of that component and fault; nothing when none ever ended.
  Result<std::optional<DrillRecord>> last(const std::string& component, const std::string& fault);

 private:
  Database& database_;
  Clock& clock_;
  const std::int64_t keep_;
};

}  // namespace keelson::state
