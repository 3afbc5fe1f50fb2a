#pragma once
#include <atomic>

#include "operate/drill.h"
#include "operate/engine.h"
#include "state/damage_journal.h"

/// One run of a drill; drill.cpp repeats it.
namespace keelson::operate {

/// What the runs of one drill share.
struct Rehearsal {
  Standing& standing;
  state::Database& database;
  state::DamageJournal& journal;
  const Engine& engine;
  const DrillRequest& request;
  const DrillListener& listener;
  const std::atomic<bool>& interrupted;
};

/// The journal entry: the component whose ledger is to be removed, and what the strike chose (null before).
state::OpenDamage damage_of(const DrillRequest& request, Json chosen);

/// Whether a drill may be at all, whatever the foundation's health: the component has it, it can be done on this runtime, nothing is protected.
Result<void> may_ever_drill(const Standing& standing, const DrillRequest& request);
Error not_healthy_enough(const Component& component, const std::string& missing);

/// Who leads now, asked of the engine's majority.
Result<const Member*> leader_of(Standing& standing, const Component& component);

/// Strikes once. What speaks against the run is in Run::broken; an Error means that there was no run: interrupted, or the load
/// never got going. Either way the fault is lifted.
Result<Run> run_once(Rehearsal& rehearsal, std::size_t number);

/// The first instance that is not ready, and why; "" = none, or nobody here can tell.
std::string not_ready(Standing& standing);

/// What is missing until every instance of the foundation is ready and the component's members are linked and have caught up.
std::function<std::string()> redundancy_of(Standing& standing, const Engine& engine, const Component& component);

/// Waits until `missing` says "", looking again every 100 ms; what is missing still at the deadline, "" = nothing.
std::string wait_until_nothing_is_missing(const std::function<std::string()>& missing, int within_ms, const std::atomic<bool>& interrupted);

}  // namespace keelson::operate
