#pragma once
#include <optional>
#include <string>

#include "state/drill_log.h"
#include "verify/verify.h"

/// Promises about failures are kept when the last rehearsal of the failure says so: a check cannot fail a leader over each time.
namespace keelson::checks {

/// What the last drill `fault` of `component` says, beside `evidence` of what was tried just now. None, or one older than 7 days:
/// unproven. One whose verdict is fail, or that lost a write: fail. Pure.
Finding proof_by(const std::optional<state::DrillRecord>& drill, const std::string& component, std::string_view fault, const std::string& evidence, std::int64_t now_ms);

/// The same for the last failover drill in the foundation's state.
Result<Finding> proved_by_failover(CheckContext& context, const Component& component, const std::string& evidence);

}  // namespace keelson::checks
