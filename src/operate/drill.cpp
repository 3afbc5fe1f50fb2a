#include "operate/drill.h"

#include <algorithm>

#include "operate/engine.h"
#include "operate/from_inside.h"
#include "operate/run.h"
#include "state/damage_journal.h"
#include "state/drill_log.h"
#include "system/clock.h"

namespace keelson::operate {
namespace {

constexpr int kPreflightMs = 30'000;  ///< a member that just came back is waited for, Patroni's loops included

state::DamageJournal journal_of(const Standing& standing) { return {standing.state_dir, state::DamageJournal::kDrill}; }

std::string names_of(const std::vector<const Fault*>& faults) {
  std::string out;
  for (const Fault* fault : faults) out += (out.empty() ? "" : ", ") + std::string(fault->name);
  return out;
}

/// Those of an engine that can be done on a runtime.
std::vector<const Fault*> faults_on(const Runtime& runtime, const Engine& engine) {
  std::vector<const Fault*> out(engine.faults.begin(), engine.faults.end());
  if (runtime.isolation() != Isolation::users) std::erase_if(out, [](const Fault* fault) { return !fault->enclosed; });
  return out;
}

bool holds(const std::vector<const Fault*>& faults, std::string_view name) {
  return std::any_of(faults.begin(), faults.end(), [&](const Fault* fault) { return fault->name == name; });
}

/// Nulls: the blueprint no longer names it, and it took its ledger with it.
std::pair<const Component*, const Engine*> drilled(const Standing& standing, const state::OpenDamage& damage) {
  const Component* component = find_component(standing.foundation, damage.repair["component"].as_string());
  return {component, component == nullptr ? nullptr : find_engine(component->kind->name)};
}

}  // namespace

Error not_healthy_enough(const Component& component, const std::string& missing) {
  return {ErrorCode::preflight_refused, "the foundation is not healthy enough to be drilled", component.name, missing, "keelson status; keelson up"};
}

Result<void> may_ever_drill(const Standing& standing, const DrillRequest& request) {
  const Component& component = request.component;
  const Engine* engine = find_engine(component.kind->name);
  if (engine == nullptr) return fail_as(ErrorCode::usage, "components of kind " + std::string(component.kind->name) + " cannot be drilled", component.name);
  const std::vector<const Fault*> all(engine->faults.begin(), engine->faults.end()), here = faults_on(standing.runtime, *engine);
  const std::string name(request.fault.name);
  if (!holds(all, name)) return fail_as(ErrorCode::usage, component.name + " has no drill " + name, {}, {}, "it has: " + names_of(all));
  if (!holds(here, name))
    return fail_as(ErrorCode::not_supported, "drill " + name + " is not supported on " + std::string(standing.runtime.name()) + " yet", component.name, {}, "drills it has: " + names_of(here));
  if (standing.foundation.protect)
    return fail_as(ErrorCode::preflight_refused, "the foundation is protected", standing.foundation.name, "its blueprint says protect: true",
                   "drill a foundation of the same blueprint that nobody depends on");
  if (component.members.size() < 2)
    return fail_as(ErrorCode::preflight_refused, component.name + " has one member: nothing to fail over to", {}, {}, "use members: 3");
  return {};
}

Result<void> may_drill(Standing& standing, const DrillRequest& request) {
  KEELSON_CHECK(may_ever_drill(standing, request));
  const std::atomic<bool> never = false;
  const Engine& engine = *find_engine(request.component.kind->name);
  const std::string missing = wait_until_nothing_is_missing(redundancy_of(standing, engine, request.component), kPreflightMs, never);
  if (!missing.empty()) return unexpected(not_healthy_enough(request.component, missing));
  return {};
}

Result<Scorecard> run_drill(Standing& standing, state::Database& database, const DrillRequest& request, const DrillListener& listener,
                            const std::atomic<bool>& interrupted) {
  KEELSON_CHECK(repair_left_drill(standing));
  if (standing.runtime.clients_are_inside()) return drill_from_inside(standing, database, request, listener, interrupted);
  KEELSON_CHECK(may_drill(standing, request));
  const Engine& engine = *find_engine(request.component.kind->name);
  state::DamageJournal journal = journal_of(standing);
  Rehearsal rehearsal{standing, database, journal, engine, request, listener, interrupted};
  Scorecard card{.foundation = standing.foundation.name, .component = request.component.name, .fault = std::string(request.fault.name), .seed = request.seed};

  KEELSON_CHECK(journal.open(damage_of(request, {})));
  std::optional<Error> ended;
  for (int i = 0; i < request.times && !ended; ++i) {
    auto run = run_once(rehearsal, static_cast<std::size_t>(i) + 1);
    if (!run) {
      ended = std::move(run.error());
      break;
    }
    if (listener.ran) listener.ran(card.runs.size() + 1, *run);
    card.runs.push_back(std::move(*run));
    if (!card.runs.back().redundancy_ms) break;  // nothing more is struck while something is missing
  }
  const auto cleaned = repair_left_drill(standing);
  if (ended && !cleaned) ended->why = "and what it did could not be undone, keelson up tries again: " + describe(cleaned.error());
  if (ended) return unexpected(std::move(*ended));
  if (!cleaned) card.runs.back().broken.push_back("it could not be cleaned up, keelson up tries again: " + describe(cleaned.error()));
  RealClock clock;
  const Json json = drill_json(card, rfc3339(clock.wall_ms()));
  KEELSON_CHECK(state::DrillLog(database, clock).append({card.component, card.fault, json["verdict"].as_string(), json}));
  return card;
}

Result<bool> undo_left_fault(Standing& standing) {
  state::DamageJournal journal = journal_of(standing);
  KEELSON_TRY(const auto open, journal.left_over());
  if (!open) return false;
  const Fault* fault = find_fault(open->id);
  if (fault == nullptr) return fail("cannot undo an unknown drill", journal.path(), open->id);
  const Json& chosen = open->repair["chosen"];
  if (fault->lift != nullptr && !chosen.is_null()) KEELSON_CHECK(fault->lift(standing, chosen));
  if (const auto [component, engine] = drilled(standing, *open); engine != nullptr && engine->release_clients != nullptr && fault->by_clients)
    KEELSON_CHECK(engine->release_clients(standing, *component));
  return true;
}

Result<bool> repair_left_drill(Standing& standing) {
  KEELSON_TRY(const bool left, undo_left_fault(standing));
  if (!left) return false;
  state::DamageJournal journal = journal_of(standing);
  KEELSON_TRY(const auto open, journal.left_over());
  if (const auto [component, engine] = drilled(standing, *open); engine != nullptr) KEELSON_CHECK(standing.runtime.clients_are_inside() ? clear_from_inside(standing.runtime, component->name) : engine->clear(standing, *component));
  KEELSON_CHECK(journal.close());
  return true;
}

}  // namespace keelson::operate
