#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "state/sqlite.h"
#include "system/clock.h"

namespace keelson::state {

/// The first record that does not belong where it stands.
struct AuditBreak {
  std::int64_t seq = 0;
  std::string why;
};

/// The end of the chain: kept elsewhere (a log host, a ticket), it proves later that nothing before it was rewritten.
struct AuditHead {
  std::int64_t seq = 0;  ///< 0 = no record yet
  std::string hash;
};

/// Who did what to the foundation: each record holds the SHA-256 of its fields and of the record before it, so that an
/// edited, inserted or missing record is found. It does not stop somebody who may write the file from computing the whole
/// chain anew: only a head kept elsewhere shows that. Thread-safe; several processes may append.
class AuditChain {
 public:
  AuditChain(Database& database, Clock& clock) : database_(database), clock_(clock) {}
  /// Returns the head after it. `command` must not hold secrets.
  Result<AuditHead> append(std::string_view who, std::string_view command, std::string_view outcome);
  Result<AuditHead> head();
  /// Nothing when the chain is whole.
  Result<std::optional<AuditBreak>> verify();

 private:
  Result<std::optional<AuditBreak>> check();
  Database& database_;
  Clock& clock_;
};

}  // namespace keelson::state
