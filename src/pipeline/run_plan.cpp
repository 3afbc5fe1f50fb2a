#include "pipeline/run_plan.h"

#include "pipeline/journaled.h"
#include "runtime/native/host_users.h"
#include "state/audit_chain.h"
#include "state/schema.h"

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

Result<void> audit(const std::string& state_dir, Clock& clock, const std::string& command, const std::string& outcome) {
  KEELSON_TRY(const auto database, state::open_state(state_dir, clock));
  KEELSON_CHECK(state::AuditChain(*database, clock).append(native::invoking_user(), command, outcome));
  return {};
}

}  // namespace keelson
