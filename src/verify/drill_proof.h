#pragma once
#include <optional>
#include <string>

#include "state/drill_log.h"
#include "verify/verify.h"

/// Promises about failures are kept when the last rehearsal of the failure says so: a check cannot fail a leader over each time.
namespace keelson::checks {

/// What the last drill `fault` of `component` says. None, or one older than 7 days: unproven. One whose verdict is fail, or that lost a write: fail. Pure.
Finding proof_by(const std::optional<state::DrillRecord>& drill, const std::string& component, std::string_view fault, std::int64_t now_ms);

/// The same for the last failover drills in the foundation's state, of all components of a kind that have somebody to fail over to.
Result<Finding> proved_by_failovers(CheckContext& context, std::string_view kind);

}  // namespace keelson::checks
