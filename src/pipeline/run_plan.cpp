#include "pipeline/run_plan.h"

#include "operate/drill.h"
#include "pipeline/journaled.h"
#include "pipeline/locate.h"
#include "runtime/native/host_users.h"
#include "state/audit_chain.h"
#include "state/schema.h"
#include "verify/sabotage.h"

namespace keelson {

Result<ApplyReport> run_plan(const RunPlace& place, const Plan& plan, ApplyListener& listener, const std::function<void()>& afterwards) {
  KEELSON_TRY(const auto database, state::open_state(place.state_dir, place.clock));
  state::Journal journal(*database, place.clock);
  JournaledListener journaled(listener, journal);
  KEELSON_CHECK(journaled.begin(place.command, native::invoking_user()));
  ApplyReport report = apply(place.runtime, place.foundation, plan, journaled, place.clock);
  report.warnings = plan.warnings;
  if (afterwards) afterwards();
  const std::string outcome = report.failures.empty() ? "done" : "failed";
  KEELSON_CHECK(journaled.end(outcome));
  KEELSON_CHECK(audit(place.state_dir, place.clock, place.command, outcome));
  if (journaled.problem() != nullptr) return unexpected(*journaled.problem());
  return report;
}

Result<void> repair_damage(Standing standing) {
  const auto sabotaged = repair_left_over(standing);
  const auto drilled = operate::repair_left_drill(standing);
  if (!sabotaged) return unexpected(sabotaged.error());
  if (!drilled) return unexpected(drilled.error());
  return {};
}

Result<ApplyReport> run_plan_and_repair(const RunPlace& place, const Plan& plan, ApplyListener& listener, const Result<void>& repaired) {
  ApplyReport report{.warnings = plan.warnings};
  if (!plan.empty()) {
    KEELSON_TRY(report, run_plan(place, plan, listener));
  }
  if (!repaired)
    if (auto mended = repair_damage({place.foundation, place.runtime, place.state_dir}); !mended) report.failures.push_back(std::move(mended.error()));
  return report;
}

Result<Plan> observe_and_plan(Runtime& runtime, const Foundation& foundation) {
  KEELSON_TRY(const Observed observed, runtime.observe(foundation));
  return make_plan(foundation, observed);
}

Checked<Plan> plan_of(Runtime& runtime, const Foundation& foundation) {
  if (Errors refused = runtime.preflight(foundation); !refused.empty()) return unexpected(std::move(refused));
  auto plan = observe_and_plan(runtime, foundation);
  if (!plan) return unexpected(Errors{plan.error()});
  return std::move(*plan);
}

Result<void> forget_foundation(RealMachine& machine, const std::string& foundation, const std::string& state_dir) {
  KEELSON_CHECK(machine.files.remove(key_file(foundation, state_dir)));
  KEELSON_TRY(const auto registry, open_registry(machine));
  return registry->release(foundation, state_dir);
}

Result<void> audit(const std::string& state_dir, Clock& clock, const std::string& command, const std::string& outcome) {
  KEELSON_TRY(const auto database, state::open_state(state_dir, clock));
  KEELSON_CHECK(state::AuditChain(*database, clock).append(native::invoking_user(), command, outcome));
  return {};
}

}  // namespace keelson
