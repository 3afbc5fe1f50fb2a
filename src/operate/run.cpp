#include "operate/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "operate/load.h"
#include "operate/verdict.h"
#include "protocol/tls_client.h"
#include "state/event_log.h"

namespace keelson::operate {
namespace {

constexpr int kWarmMs = 30'000;        ///< for the load to get going
constexpr int kWarmOperations = 20;    ///< acknowledged by each lane
constexpr int kLookMs = 100;
constexpr int kAfterMs = 500;          ///< of load after the recovery: the ledger goes on behind the fault
constexpr int kReadMs = 20'000;
constexpr int kPhaseMs = 1'000;        ///< strikes are spread over this long: longer than every loop but Patroni's

tl::unexpected<Error> interrupted_error() { return fail("the drill was interrupted", {}, "what it did is undone"); }

/// splitmix64: the same seed strikes at the same phases.
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

/// False when interrupted.
bool wait(int ms, const std::atomic<bool>& interrupted) {
  for (const Deadline until = Deadline::in_ms(ms); !until.passed();) {
    if (interrupted) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(until.remaining_ms(), kLookMs)));
  }
  return !interrupted;
}

Result<void> warm_up(Load& load, const std::atomic<bool>& interrupted) {
  for (const Deadline until = Deadline::in_ms(kWarmMs); !load.acknowledged_by_all(kWarmOperations);) {
    if (interrupted) return interrupted_error();
    if (until.passed()) return fail_as(ErrorCode::not_healthy, "the drill's load does not get going", {}, load.silent(), "keelson verify tries what clients do");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return {};
}

/// Undoes the fault when the run ends, however it ends.
class Lift {
 public:
  Lift(Rehearsal& rehearsal, const Json& chosen) : rehearsal_(rehearsal), chosen_(chosen) {}
  ~Lift() { static_cast<void>(now()); }
  Result<void> now() {
    if (done_) return {};
    const auto lift = rehearsal_.request.fault.lift;
    Result<void> lifted = lift == nullptr ? Result<void>() : lift(rehearsal_.standing, chosen_);
    done_ = lifted.has_value();
    return lifted;
  }

 private:
  Rehearsal& rehearsal_;
  const Json& chosen_;
  bool done_ = false;
};

double ms_between(std::int64_t from_us, std::int64_t to_us) { return static_cast<double>(to_us - from_us) / 1000; }

/// What the agent decided about this component's leader since `seen`.
void add_decision(Rehearsal& rehearsal, std::int64_t seen, std::int64_t struck_wall_ms, Run& run) {
  RealClock clock;
  const auto events = state::EventLog(rehearsal.database, clock).read(seen);
  if (!events) return;
  for (const state::Event& event : *events) {
    if (event.kind != "leader-release" || event.component != rehearsal.request.component.name || !run.decision.empty()) continue;
    run.decision = event.decision.value_or("");
    run.failed_condition = event.failed_condition.value_or("");
    run.reason = event.reason;
    run.timeline.emplace_back("decided", static_cast<double>(event.at_ms - struck_wall_ms));
  }
}

void add_timeline(const Load& load, const Struck& struck, const std::string& old_leader, Run& run) {
  const Op* promoted = nullptr;
  for (const StreamLog& probe : load.probes()) {
    const Op* ack = probe.stream == old_leader ? nullptr : first_acknowledged(probe, struck.at_us);
    if (ack != nullptr && (promoted == nullptr || ack->done_us < promoted->done_us)) promoted = ack;
  }
  if (promoted != nullptr) {
    run.timeline.emplace_back("writable", ms_between(struck.at_us, promoted->sent_us));
    run.timeline.emplace_back("promoted", ms_between(struck.at_us, promoted->done_us));
  }
  const auto add_gap = [&](Purpose purpose, const char* name, std::optional<double>& gap_ms) {
    const StreamLog* log = load.of(purpose);
    if (log == nullptr) return;
    const auto gap = longest_gap(*log, struck.at_us);
    if (!gap) return;
    gap_ms = static_cast<double>(gap->us) / 1000;
    run.timeline.emplace_back(name, ms_between(struck.at_us, gap->end_us));
  };
  add_gap(Purpose::endpoint, "endpoint", run.gap_ms);
  add_gap(Purpose::pooler, "pooler", run.pooled_gap_ms);
  if (const StreamLog* log = load.of(Purpose::endpoint))
    if (const auto usual = usual_gap(*log, struck.at_us)) run.usual_gap_ms = static_cast<double>(*usual) / 1000;
  run.overlap = overlap_of(load.probes());
}

Bound bound_of(const Rehearsal& rehearsal, const Struck& struck) {
  if (!rehearsal.request.fault.leader_reachable || rehearsal.engine.blind_ms == 0) return {};
  return {struck.at_us, struck.at_us + rehearsal.engine.blind_ms * std::int64_t{1000}};
}

/// Reads the ledger back, and every member's copy of it, until they are the same: what nobody waits for any more may still
/// happen, or replicate, for a moment.
void check_ledger(Rehearsal& rehearsal, const Load& load, const Bound& bound, Run& run) {
  const Component& component = rehearsal.request.component;
  Result<std::vector<Found>> found = fail("not read");
  std::string differs;
  clients::eventually(kReadMs, [&] {
    differs.clear();
    found = rehearsal.engine.read(rehearsal.standing, component, nullptr);
    if (!found) return false;
    for (const Member& member : component.members) {
      const auto copy = rehearsal.engine.read(rehearsal.standing, component, &member);
      if (!copy || *copy != *found) differs = member.name;
    }
    return differs.empty();
  });
  if (!found) {
    run.broken.push_back("the ledger cannot be read back: " + describe(found.error()));
    return;
  }
  run.account = audit(load.ledger(), *found, bound);
  if (!differs.empty()) run.broken.push_back(differs + " does not hold what the others hold");
}

/// strike -> hold -> lift -> redundant again; the run's broken says what went wrong on the way.
Result<Struck> suffer(Rehearsal& rehearsal, Scene& scene, const Json& chosen, Load& load, Run& run) {
  const Fault& fault = rehearsal.request.fault;
  Lift lift(rehearsal, chosen);
  auto struck = fault.strike(scene, chosen);
  if (!struck) {
    run.broken.push_back("the fault was not proved to have happened: " + describe(struck.error()));
    struck = Struck{.at_us = now_us()};
  }
  load.mark();
  for (const Deadline until = Deadline::in_ms(fault.hold_ms); !until.passed() && !(fault.held_enough != nullptr && fault.held_enough(scene));)
    if (!wait(until.at_most(kLookMs).remaining_ms(), rehearsal.interrupted)) return interrupted_error();
  if (auto lifted = lift.now(); !lifted) run.broken.push_back("the fault could not be undone: " + describe(lifted.error()));
  const std::int64_t lifted_us = fault.lift == nullptr ? struck->at_us : now_us();
  const std::string missing = wait_until_nothing_is_missing(redundancy_of(rehearsal.standing, rehearsal.engine, rehearsal.request.component), fault.recover_ms, rehearsal.interrupted);
  if (rehearsal.interrupted) return interrupted_error();
  if (missing.empty()) run.redundancy_ms = ms_between(lifted_us, now_us());
  else run.broken.push_back(missing);
  for (const Deadline until = Deadline::in_ms(kWarmMs); !load.acknowledged_by_all(1) && !until.passed();)
    if (!wait(kLookMs, rehearsal.interrupted)) return interrupted_error();
  if (!load.acknowledged_by_all(1)) run.broken.push_back("no write is acknowledged afterwards: " + load.silent());
  if (!wait(kAfterMs, rehearsal.interrupted)) return interrupted_error();
  return *struck;
}

}  // namespace

state::OpenDamage damage_of(const DrillRequest& request, Json chosen) {
  return {std::string(request.fault.name), std::string(request.fault.what), Json::object().set("component", request.component.name).set("chosen", std::move(chosen))};
}

Result<const Member*> leader_of(Standing& standing, const Component& component) {
  const auto roles = component.kind->verbs.roles;
  if (roles == nullptr) return fail_as(ErrorCode::not_supported, "its members have no roles", component.name);
  KEELSON_TRY(const auto seen, roles(standing.runtime.world(), standing.foundation, component));
  for (const Member& member : component.members)
    if (const auto role = seen.find(member.name); role != seen.end() && role->second == "primary") return &member;
  return fail_as(ErrorCode::not_healthy, "no member leads", component.name);
}

std::string wait_until_nothing_is_missing(const std::function<std::string()>& missing, int within_ms, const std::atomic<bool>& interrupted) {
  const Deadline until = Deadline::in_ms(within_ms);
  while (true) {
    std::string now = missing();
    if (now.empty() || until.passed() || interrupted) return now;
    std::this_thread::sleep_for(std::chrono::milliseconds(kLookMs));
  }
}

std::string not_ready(Standing& standing) {
  const auto status = standing.runtime.status();
  if (!status) return status.error().code == ErrorCode::not_supported ? std::string() : describe(status.error());
  for (const Component& component : standing.foundation.components)
    for (const Member& member : component.members)
      for (const Instance& instance : member.instances) {
        const auto known = std::find_if(status->begin(), status->end(), [&](const InstanceStatus& one) { return one.name == instance.name; });
        if (known == status->end() || known->life != Life::ready)
          return instance.name + " is not ready" + (known == status->end() || known->detail.empty() ? "" : ": " + known->detail);
      }
  return {};
}

std::function<std::string()> redundancy_of(Standing& standing, const Engine& engine, const Component& component) {
  return [&standing, linked = engine.redundancy(standing, component)] {
    std::string away = not_ready(standing);
    return away.empty() ? linked() : away;
  };
}

Result<Run> run_once(Rehearsal& rehearsal, std::size_t number) {
  const auto tell = [&](const std::string& text) {
    if (rehearsal.listener.progress) rehearsal.listener.progress(fmt::format("run {} of {}: {}", number, rehearsal.request.times, text));
  };
  const Component& component = rehearsal.request.component;
  Run run;
  tell("load begins");
  KEELSON_CHECK(rehearsal.engine.prepare(rehearsal.standing, component));
  KEELSON_TRY(const Member* leader, leader_of(rehearsal.standing, component));
  run.leader = leader->name;
  KEELSON_TRY(std::vector<Lane> lanes, rehearsal.engine.lanes(rehearsal.standing, component));
  Load load(std::move(lanes));
  KEELSON_CHECK(warm_up(load, rehearsal.interrupted));
  if (!wait(kPhaseMs + static_cast<int>(mixed(rehearsal.request.seed + number) % kPhaseMs), rehearsal.interrupted)) return interrupted_error();

  RealClock clock;
  KEELSON_TRY(const std::int64_t seen, state::EventLog(rehearsal.database, clock).last_seq());
  Scene scene{rehearsal.standing, component, *leader};
  KEELSON_TRY(const Json chosen, rehearsal.request.fault.choose(scene));
  KEELSON_CHECK(rehearsal.journal.open(damage_of(rehearsal.request, chosen)));
  tell(fmt::format("{} leads; {}", leader->name, rehearsal.request.fault.what));
  const std::int64_t offset_us = clock.wall_ms() * 1000 - now_us();  // from the monotonic clock to the wall
  KEELSON_TRY(const Struck struck, suffer(rehearsal, scene, chosen, load, run));
  load.stop();

  tell("comparing the ledger with what is there");
  if (struck.proved_us != 0) run.timeline.emplace_back("proved", ms_between(struck.at_us, struck.proved_us));
  add_decision(rehearsal, seen, (struck.at_us + offset_us) / 1000, run);
  add_timeline(load, struck, leader->name, run);
  if (const auto successor = leader_of(rehearsal.standing, component)) run.successor = (*successor)->name;
  std::stable_sort(run.timeline.begin(), run.timeline.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  judge_leader(rehearsal.request.fault.leader, run);
  judge_clients(rehearsal.request.fault.clients, load.ledger(), load.of(Purpose::pooler), run);
  check_ledger(rehearsal, load, bound_of(rehearsal, struck), run);
  judge(run, rehearsal.engine.leaders);
  return run;
}

}  // namespace keelson::operate
