#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "client/client.h"
#include "operate/fault.h"
#include "operate/scorecard.h"
#include "state/sqlite.h"

namespace keelson::operate {

/// What is to be rehearsed.
struct DrillRequest {
  const Fault& fault;
  const Component& component;
  int times = 1;
  std::uint64_t seed = 0;  ///< decides when in its loops each run strikes
};

struct DrillListener {
  std::function<void(const std::string& doing)> progress = {};    ///< one line, for people
  std::function<void(std::size_t number, const Run& run)> ran = {};  ///< counts from 1
};

/// Whether this foundation may be drilled now: not protected (preflight_refused), the component can be and has this fault
/// (usage), everything runs and the component is redundant (preflight_refused). Changes nothing.
Result<void> may_drill(Standing& standing, const DrillRequest& request);

/// Rehearses a failure on a foundation that stands, under a load of its own. The caller holds the state's lock.
///
/// Order: may_drill -> journal (<state>/drill.json) -> for each run: an empty ledger inside the engine, load until every lane is
/// acknowledged, choose, journal, strike, lift, redundancy, stop, read back, judge -> the ledger is removed -> the journal is
/// closed. A killed drill leaves the journal, and `repair_left_drill` undoes it. Every wait has a deadline. `interrupted` ends
/// it early, cleaned up, with an Error; so does a run that did not become redundant again (its card is kept). The card is
/// kept in the state (state/drill_log.h).
Result<Scorecard> run_drill(Standing& standing, state::Database& database, const DrillRequest& request, const DrillListener& listener,
                            const std::atomic<bool>& interrupted);

/// The part of it that must not wait until the engines answer: the fault, and clients that are held back. The journal stays open. `down` and
/// `destroy` call it first.
Result<bool> undo_left_fault(Standing& standing);

/// Undoes what a killed drill or switchover left. True when there was something. `up` calls it as it calls verify's repair_left_over.
Result<bool> repair_left_drill(Standing& standing);

}  // namespace keelson::operate
