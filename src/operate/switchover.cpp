#include "operate/switchover.h"

#include <algorithm>

#include "operate/drill.h"
#include "operate/faults.h"
#include "operate/from_inside.h"
#include "operate/load.h"
#include "operate/run.h"
#include "state/damage_journal.h"

namespace keelson::operate {
namespace {

constexpr int kPreflightMs = 30'000;  ///< a member that just came back is waited for, Patroni's loops included

/// Null for "".
Result<const Member*> heir_of(const Component& component, const Member& leader, const std::string& name) {
  if (name.empty()) return nullptr;
  const auto member = std::find_if(component.members.begin(), component.members.end(), [&name](const Member& one) { return one.name == name; });
  if (member == component.members.end()) return fail_as(ErrorCode::usage, component.name + " has no member '" + name + "'", {}, {}, "keelson status");
  if (member->name == leader.name) return fail_as(ErrorCode::usage, name + " leads already", component.name);
  return &*member;
}

/// Whether no client is held back any more.
bool released(Standing& standing, const Engine& engine, const Component& component) {
  return engine.release_clients == nullptr || engine.release_clients(standing, component).has_value();
}

}  // namespace

Result<Switchover> switch_over(Standing& standing, const Component& component, const std::string& to) {
  const Engine* engine = find_engine(component.kind->name);
  if (engine == nullptr || engine->hand_over == nullptr)
    return fail_as(ErrorCode::not_supported, "switchover of " + component.name + " is not supported yet", component.name, "kind " + std::string(component.kind->name) + " has no hand-over");
  KEELSON_CHECK(repair_left_drill(standing));
  state::DamageJournal journal(standing.state_dir, state::DamageJournal::kDrill);
  // Clients are held back meanwhile: who kills this process leaves a record by which they are let go.
  const state::OpenDamage record{std::string(kSwitchover.name), std::string(kSwitchover.what), Json::object().set("component", component.name).set("chosen", Json())};
  if (standing.runtime.clients_are_inside()) {
    KEELSON_CHECK(journal.open(record));
    auto done = switch_over_from_inside(standing, component, to);
    if (done || released(standing, *engine, component)) KEELSON_CHECK(journal.close());
    return done;
  }
  KEELSON_TRY(const Member* leader, leader_of(standing, component));
  KEELSON_TRY(const Member* heir, heir_of(component, *leader, to));
  const std::atomic<bool> never = false;
  const std::string missing = wait_until_nothing_is_missing(redundancy_of(standing, *engine, component), kPreflightMs, never);
  if (!missing.empty()) return fail_as(ErrorCode::preflight_refused, "the foundation is not healthy enough for a switchover", component.name, missing, "keelson status; keelson up");
  Scene scene{standing, component, *leader, heir};
  const std::int64_t began_us = now_us();
  KEELSON_CHECK(journal.open(record));
  const auto handed = engine->hand_over(scene);
  if (released(standing, *engine, component)) KEELSON_CHECK(journal.close());
  KEELSON_CHECK(handed);
  Switchover out{.from = leader->name, .to = {}, .took_ms = static_cast<double>(now_us() - began_us) / 1000};
  KEELSON_TRY(const Member* successor, leader_of(standing, component));
  out.to = successor->name;
  return out;
}

}  // namespace keelson::operate
