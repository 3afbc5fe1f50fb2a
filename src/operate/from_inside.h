#pragma once
#include "operate/drill.h"
#include "operate/switchover.h"

/// Drills of foundations that only those inside their network reach: load, ledger and judgement happen in a client's seat, faults are done from here.
namespace keelson::operate {

/// As run_drill, which calls it.
Result<Scorecard> drill_from_inside(Standing& standing, state::Database& database, const DrillRequest& request, const DrillListener& listener, const std::atomic<bool>& interrupted);
/// As switch_over, which calls it.
Result<Switchover> switch_over_from_inside(Standing& standing, const Component& component, const std::string& to);
/// Removes what a killed one left in the engine.
Result<void> clear_from_inside(Runtime& runtime, const std::string& component);

/// What the client does. `asked` is what those above send; `directory` is in memory. What it cannot do itself it has done by errands (errands.h).
Result<Json> rehearse_inside(const Foundation& foundation, World& world, const std::string& directory, const Json& asked);

}  // namespace keelson::operate
