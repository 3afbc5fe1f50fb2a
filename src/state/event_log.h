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

/// Something that happened to the foundation, and what keelson decided about it. Never holds a secret.
struct Event {
  std::string kind;  ///< "exit", "ready", "failover" …
  std::string component = {};
  std::string member = {};
  std::string reason = {};
  std::optional<std::string> decision = {};
  std::optional<std::string> failed_condition = {};  ///< which condition forbade the decision
  std::int64_t seq = 0;    ///< set by the log, counts from 1, never reused
  std::int64_t at_ms = 0;  ///< set by the log
};

/// {"seq":…,"at":"<RFC 3339>","kind":…,"component":…,"member":…,"reason":…,"decision"?:…,"failed_condition"?:…}
Json to_json(const Event& event);

/// The events of a foundation, the newest `keep` of them. Thread-safe.
class EventLog {
 public:
  EventLog(Database& database, Clock& clock, std::int64_t keep = 100'000) : database_(database), clock_(clock), keep_(keep) {}
  /// Returns its seq.
  Result<std::int64_t> append(const Event& event);
  /// Events with seq > `after`, oldest first, at most `limit`.
  Result<std::vector<Event>> read(std::int64_t after, int limit = 1000);
  /// Of the newest event; 0 when there is none.
  Result<std::int64_t> last_seq();

 private:
  Database& database_;
  Clock& clock_;
  const std::int64_t keep_;
};

}  // namespace keelson::state
