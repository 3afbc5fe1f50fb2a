#include "operate/from_inside.h"

#include <fmt/format.h>

#include <algorithm>

#include "operate/engine.h"
#include "operate/errands.h"
#include "operate/load.h"
#include "operate/run.h"
#include "runtime/container_layout.h"
#include "state/damage_journal.h"
#include "state/drill_log.h"
#include "state/schema.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson::operate {
namespace {

constexpr const char* kDirectory = "/drill";   ///< in the seat's memory: journal and state of what runs there
constexpr const char *kDrill = "drill", *kSwitchOver = "switchover", *kClear = "clear";
constexpr const char* kRehearsals[] = {kDrill, kSwitchOver, kClear};
constexpr int kAnswerMs = 60'000, kSignalMs = 30'000, kRestartMs = 300'000;
constexpr int kBeforeMs = 30'000, kReadyMs = 120'000;

// --- inside ----------------------------------------------------------------------------------------------------------------

/// What a client reaches, and by errands what only those outside reach.
class ClientsWorld : public World {
 public:
  ClientsWorld(World& world, std::string directory) : world_(world), directory_(std::move(directory)) {}
  Result<Secret> secret(const std::string& name) override { return world_.secret(name); }
  std::string trust_file(TrustDomain domain) override { return world_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return world_.certificate_file(domain); }
  std::string key_file(TrustDomain domain) override { return world_.key_file(domain); }
  LeafFiles leaf_files(const Instance& instance, const std::string& certificate) const override { return world_.leaf_files(instance, certificate); }
  Reach reach() const override { return world_.reach(); }
  Result<void> signal(const std::string& instance, int number) override {
    KEELSON_CHECK(send_errand(directory_, Json::object().set("signal", instance).set("number", number), kSignalMs));
    return {};
  }

 private:
  World& world_;
  const std::string directory_;
};

/// Of the runtime a client inside knows nothing but how to be a client.
class ClientsRuntime : public Runtime {
 public:
  ClientsRuntime(World& world, std::string directory) : world_(world, directory), directory_(std::move(directory)) {}
  std::string_view name() const override { return "inside"; }
  const Layout& layout() const override { return layout_; }
  World& world() override { return world_; }
  Result<Observed> observe(const Foundation&) override { return not_here(); }
  Errors preflight(const Foundation&) override { return {}; }
  Result<ObservedNetwork> network(const Foundation&) override { return not_here(); }
  Result<void> execute(const Foundation&, const Step& step, const Progress&) override {
    if (step.action != Action::restart) return not_here();
    KEELSON_CHECK(send_errand(directory_, Json::object().set("restart", step.subject).set("component", step.component), kRestartMs));
    return {};
  }
  Result<std::vector<InstanceStatus>> status() override { return not_here(); }
  Result<void> down(const Foundation*, const Progress&) override { return not_here(); }

 private:
  static tl::unexpected<Error> not_here() { return fail_as(ErrorCode::not_supported, "only a client is here"); }
  ClientsWorld world_;
  const std::string directory_;
  const ContainerLayout layout_;
};

Result<Json> choose_nothing(Scene& scene) { return Json::object().set("leader", scene.leader.name); }

/// The fault is done outside: here it is asked for, and waited for.
Result<Struck> ask_outside(Scene& scene, const Json&) {
  Struck out{.at_us = now_us()};
  KEELSON_TRY(const Json answer, send_errand(scene.standing.state_dir, Json::object().set("strike", scene.leader.name), kAnswerMs));
  out.proved_us = now_us();
  out.evidence = answer["evidence"].as_string();
  return out;
}

Result<Json> drill_inside(Standing& standing, const Component& component, const Json& asked) {
  const Fault* known = find_fault(asked["fault"].as_string());
  if (known == nullptr || known->lift != nullptr) return fail_as(ErrorCode::usage, "no such drill inside", asked["fault"].as_string());
  Fault fault = *known;
  if (!fault.by_clients) fault.choose = choose_nothing, fault.strike = ask_outside;
  RealClock clock;
  KEELSON_TRY(const auto database, state::open_state(standing.state_dir, clock));
  const std::atomic<bool> never = false;
  KEELSON_TRY(const Scorecard card, run_drill(standing, *database, {fault, component, static_cast<int>(asked["times"].as_int(1)), static_cast<std::uint64_t>(asked["seed"].as_int())}, {}, never));
  return drill_json(card, rfc3339(clock.wall_ms()));
}

Result<Json> switch_over_inside(Standing& standing, const Component& component, const Json& asked) {
  KEELSON_TRY(const Switchover done, switch_over(standing, component, asked["to"].as_string()));
  return Json::object().set("from", done.from).set("to", done.to).set("took_ms", done.took_ms);
}

// --- outside ---------------------------------------------------------------------------------------------------------------

std::string directory_of(const ClientSeat& seat) { return seat.memory() + kDirectory; }

/// Does a drill's fault when the client asks for it.
class Striker {
 public:
  Striker(Standing& standing, const DrillRequest& request, state::DamageJournal& journal, const DrillListener& listener, const std::atomic<bool>& interrupted)
      : standing_(standing), request_(request), journal_(journal), listener_(listener), interrupted_(interrupted) {}

  bool has_struck() const { return runs_ > 0; }

  Result<Json> strike(const std::string& name) {
    if (interrupted_) return fail("the drill was interrupted");
    for (const Member& leader : request_.component.members) {
      if (leader.name != name) continue;
      Scene scene{standing_, request_.component, leader};
      KEELSON_TRY(const Json chosen, request_.fault.choose(scene));
      KEELSON_CHECK(journal_.open(damage_of(request_, chosen)));
      if (listener_.progress) listener_.progress(fmt::format("run {} of {}: {} leads; {}", ++runs_, request_.times, name, request_.fault.what));
      KEELSON_TRY(const Struck struck, request_.fault.strike(scene, chosen));
      return Json::object().set("evidence", struck.evidence);
    }
    return fail("no member has this name", name);
  }

 private:
  Standing& standing_;
  const DrillRequest& request_;
  state::DamageJournal& journal_;
  const DrillListener& listener_;
  const std::atomic<bool>& interrupted_;
  std::atomic<int> runs_ = 0;
};

}  // namespace

Result<Scorecard> drill_from_inside(Standing& standing, state::Database& database, const DrillRequest& request, const DrillListener& listener, const std::atomic<bool>& interrupted) {
  KEELSON_CHECK(may_ever_drill(standing, request));
  const std::string before = wait_until_nothing_is_missing([&standing] { return not_ready(standing); }, kBeforeMs, interrupted);
  if (!before.empty()) return unexpected(not_healthy_enough(request.component, before));
  if (listener.progress) listener.progress("a client takes its seat in the foundation's network");
  KEELSON_TRY(const auto seat, standing.runtime.take_seat({}));
  state::DamageJournal journal(standing.state_dir, state::DamageJournal::kDrill);
  KEELSON_CHECK(journal.open(damage_of(request, {})));
  Striker striker(standing, request, journal, listener, interrupted);
  Errands errands(standing, *seat, directory_of(*seat), [&striker](const std::string& leader) { return striker.strike(leader); });
  const Json asked = Json::object().set(kDrill, request.component.name).set("fault", request.fault.name).set("times", request.times).set("seed", request.seed);
  const auto told = seat->ask(asked, [&errands](const std::string& line) { errands.heard(line); });
  if (!told) {
    if (request.fault.by_clients) static_cast<void>(repair_left_drill(standing));  // nobody here knows how far it got; the journal stays open if this fails
    else if (!striker.has_struck()) KEELSON_CHECK(journal.close());  // refused before anything was done
    return unexpected(told.error());
  }
  Scorecard card = scorecard_from(*told);
  const std::string away = wait_until_nothing_is_missing([&standing] { return not_ready(standing); }, kReadyMs, interrupted);
  if (!away.empty() && !card.runs.empty()) card.runs.back().broken.push_back(away);
  KEELSON_CHECK(journal.close());  // the client has removed its ledger
  for (std::size_t i = 0; listener.ran && i < card.runs.size(); ++i) listener.ran(i + 1, card.runs[i]);
  if (interrupted) return fail("the drill was interrupted", {}, "what it did is undone");
  RealClock clock;
  const Json json = drill_json(card, rfc3339(clock.wall_ms()));
  KEELSON_CHECK(state::DrillLog(database, clock).append({card.component, card.fault, json["verdict"].as_string(), json}));
  return card;
}

Result<void> clear_from_inside(Runtime& runtime, const std::string& component) {
  KEELSON_TRY(const auto seat, runtime.take_seat({}));
  KEELSON_CHECK(seat->ask(Json::object().set(kClear, component)));
  return {};
}

Result<Switchover> switch_over_from_inside(Standing& standing, const Component& component, const std::string& to) {
  KEELSON_TRY(const auto seat, standing.runtime.take_seat({}));
  Errands errands(standing, *seat, directory_of(*seat));
  KEELSON_TRY(const Json told, seat->ask(Json::object().set(kSwitchOver, component.name).set("to", to), [&errands](const std::string& line) { errands.heard(line); }));
  return Switchover{told["from"].as_string(), told["to"].as_string(), told["took_ms"].as_double()};
}

Result<Json> rehearse_inside(const Foundation& foundation, World& world, const std::string& directory, const Json& asked) {
  const auto what = std::find_if(std::begin(kRehearsals), std::end(kRehearsals), [&](const char* one) { return asked.has(one); });
  if (what == std::end(kRehearsals)) return fail_as(ErrorCode::usage, "nothing is asked of a client");
  const Component* component = find_component(foundation, asked[*what].as_string());
  const Engine* engine = component == nullptr ? nullptr : find_engine(component->kind->name);
  if (engine == nullptr) return fail_as(ErrorCode::usage, "cannot be drilled", asked[*what].as_string());
  const std::string own = directory + kDirectory;
  ClientsRuntime runtime(world, own);
  Standing standing{foundation, runtime, own};
  if (asked.has(kClear)) {
    KEELSON_CHECK(engine->clear(standing, *component));
    return Json::object();
  }
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_CHECK(files.remove_tree(own));  // of one that was killed
  KEELSON_CHECK(files.make_directory(own, 0700));
  KEELSON_TRY(Json out, asked.has(kDrill) ? drill_inside(standing, *component, asked) : switch_over_inside(standing, *component, asked));
  KEELSON_CHECK(files.remove_tree(own));
  return out;
}

}  // namespace keelson::operate
