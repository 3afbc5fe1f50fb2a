#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "model/foundation.h"
#include "pipeline/health.h"
#include "plan/plan.h"
#include "runtime/runtime.h"

namespace keelson {

/// What was seen of a foundation, to explain from. Borrowed.
struct Evidence {
  const Foundation& foundation;
  const Result<std::vector<InstanceStatus>>& instances;  ///< an error: the runtime could not be asked
  const Checked<Plan>& plan;                             ///< errors: what stands in the way of an `up`
  const std::vector<Json>& events;                       ///< oldest first; none where nobody watches
};

/// Something that is not as it should be.
struct Cause {
  std::string subject;    ///< "postgresql-2"
  std::string what;       ///< "runs, but is not ready: connection refused"
  std::string next = {};  ///< the command that mends it; "" = whatever mends what causes it
};

/// From a symptom to its first failing cause.
struct Chain {
  std::string subject;
  Health health = Health::healthy;  ///< as `status` says; degraded when it is healthy, and something it rests on is not as it should be
  std::vector<Cause> links = {};    ///< the first is the symptom, each the reason of the one before; none = all is well
  std::vector<Cause> also = {};     ///< what else was seen on the way
  std::vector<std::string> looked_at = {};  ///< names, in the order in which they were looked at
  /// The command that mends the last cause; "" when all is well.
  std::string next() const;
};

/// Pure. Explains an endpoint, component, member or instance; "" or the foundation's name = all of it. Walks to what each rests on: an endpoint on its balancer
/// and the members it leads to, a component on those its edges lead to. What it rests on explains a member that runs or fails only where less than half of that is
/// ready, for one member of three that is missing stops nobody. A member that is ready, but not as the blueprint says, is a cause, too: what `up` would change.
/// Fails with ErrorCode::usage when there is nothing of that name.
Result<Chain> explain_state(const Evidence& evidence, const std::string& thing);

/// `keelson.why/v1` without schema and observed_at.
Json why_json(const Foundation& foundation, const Chain& chain);

}  // namespace keelson
