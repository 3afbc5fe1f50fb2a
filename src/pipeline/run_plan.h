#pragma once
#include <functional>
#include <string>

#include "apply/apply.h"
#include "base/result.h"
#include "client/client.h"
#include "pipeline/machine.h"
#include "plan/plan.h"
#include "runtime/runtime.h"
#include "system/clock.h"

namespace keelson {

/// On what a plan is applied, and in whose words the journal tells of it.
struct RunPlace {
  Runtime& runtime;
  const Foundation& foundation;
  const std::string& state_dir;
  const std::string& command;
  Clock& clock;
};

/// Applies a plan, journaled and audited. `afterwards` runs when all steps were tried, before the run is closed.
Result<ApplyReport> run_plan(const RunPlace& place, const Plan& plan, ApplyListener& listener, const std::function<void()>& afterwards = {});

/// Undoes what a killed `verify --sabotage` or drill left; each is tried whatever becomes of the other. Before anything is compared: what is put back is older than
/// the blueprint.
Result<void> repair_damage(Standing standing);

/// As run_plan, where there may be nothing to do. What could not be repaired before (`repaired`) may need engines that run: then it is repaired once all run.
Result<ApplyReport> run_plan_and_repair(const RunPlace& place, const Plan& plan, ApplyListener& listener, const Result<void>& repaired);

/// observe -> plan. Changes nothing.
Result<Plan> observe_and_plan(Runtime& runtime, const Foundation& foundation);
/// The same behind the runtime's preflight.
Checked<Plan> plan_of(Runtime& runtime, const Foundation& foundation);

/// The end of a foundation whose state directory is gone: the key of its secrets and what the host registry knows of it go, too.
Result<void> forget_foundation(RealMachine& machine, const std::string& foundation, const std::string& state_dir);

/// One line of the audit chain: who did what, and how it ended.
Result<void> audit(const std::string& state_dir, Clock& clock, const std::string& command, const std::string& outcome);

}  // namespace keelson
