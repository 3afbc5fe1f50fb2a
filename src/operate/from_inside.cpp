#include "operate/from_inside.h"

#include <fmt/format.h>
#include <unistd.h>

#include "operate/engine.h"
#include "operate/load.h"
#include "operate/run.h"
#include "protocol/tls_client.h"
#include "runtime/container_layout.h"
#include "state/damage_journal.h"
#include "state/drill_log.h"
#include "state/schema.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson::operate {
namespace {

constexpr const char* kDirectory = "/drill";   ///< in the seat's memory: journal and state of the drill that runs there
constexpr const char* kAnswer = "/struck";
constexpr std::string_view kStrike = "strike ";  ///< a line of what the client says: the leader's name follows
constexpr int kAnswerMs = 60'000;
constexpr int kBeforeMs = 30'000, kReadyMs = 120'000;

// --- inside ----------------------------------------------------------------------------------------------------------------

/// Of the runtime a client inside knows nothing but how to be a client.
class ClientsRuntime : public Runtime {
 public:
  explicit ClientsRuntime(World& world) : world_(world) {}
  std::string_view name() const override { return "inside"; }
  const Layout& layout() const override { return layout_; }
  World& world() override { return world_; }
  Result<Observed> observe(const Foundation&) override { return not_here(); }
  Errors preflight(const Foundation&) override { return {}; }
  Result<ObservedNetwork> network(const Foundation&) override { return not_here(); }
  Result<void> execute(const Foundation&, const Step&, const Progress&) override { return not_here(); }
  Result<std::vector<InstanceStatus>> status() override { return not_here(); }
  Result<void> down(const Foundation*, const Progress&) override { return not_here(); }

 private:
  static tl::unexpected<Error> not_here() { return fail_as(ErrorCode::not_supported, "only a client is here"); }
  World& world_;
  const ContainerLayout layout_;
};

Result<Json> choose_nothing(Scene& scene) { return Json::object().set("leader", scene.leader.name); }

/// The fault is done outside: here it is asked for, and waited for.
Result<Struck> ask_outside(Scene& scene, const Json&) {
  const std::string path = scene.standing.state_dir + kAnswer;
  RealFiles real_files;
  Files& files = real_files;
  Struck out{.at_us = now_us()};
  const std::string line = std::string(kStrike) + scene.leader.name + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return fail("nobody can be asked for the fault");
  std::string answer;
  const bool told = clients::eventually(kAnswerMs, [&] {
    answer = files.read(path, 1 << 16).value_or("");
    return !answer.empty();
  });
  if (!told) return fail("nobody says that the fault happened", scene.leader.name);
  KEELSON_CHECK(files.remove(path));
  KEELSON_TRY(const Json json, parse_json(answer));
  if (json.has("error")) return fail("the fault did not happen", scene.leader.name, json["error"].as_string());
  out.proved_us = now_us();
  out.evidence = json["evidence"].as_string();
  return out;
}

// --- outside ---------------------------------------------------------------------------------------------------------------

/// Does the fault when the client asks for it, and tells it.
class Striker {
 public:
  Striker(Standing& standing, const DrillRequest& request, state::DamageJournal& journal, ClientSeat& seat, const DrillListener& listener, const std::atomic<bool>& interrupted)
      : standing_(standing), request_(request), journal_(journal), seat_(seat), listener_(listener), interrupted_(interrupted) {}

  bool has_struck() const { return runs_ > 0; }

  void heard(const std::string& line) {
    if (!line.starts_with(kStrike)) return;
    const auto struck = strike(line.substr(kStrike.size()));
    Json answer = Json::object();
    if (struck) answer.set("evidence", struck->evidence);
    else answer.set("error", describe(struck.error()));
    static_cast<void>(seat_.run({std::string(kContainerProgram), "tell", seat_.memory() + kDirectory + kAnswer, answer.dump()}));
  }

 private:
  Result<Struck> strike(const std::string& name) {
    if (interrupted_) return fail("the drill was interrupted");
    for (const Member& leader : request_.component.members) {
      if (leader.name != name) continue;
      Scene scene{standing_, request_.component, leader};
      KEELSON_TRY(const Json chosen, request_.fault.choose(scene));
      KEELSON_CHECK(journal_.open(damage_of(request_, chosen)));
      if (listener_.progress) listener_.progress(fmt::format("run {} of {}: {} leads; {}", ++runs_, request_.times, name, request_.fault.what));
      return request_.fault.strike(scene, chosen);
    }
    return fail("no member has this name", name);
  }

  Standing& standing_;
  const DrillRequest& request_;
  state::DamageJournal& journal_;
  ClientSeat& seat_;
  const DrillListener& listener_;
  const std::atomic<bool>& interrupted_;
  int runs_ = 0;
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
  Striker striker(standing, request, journal, *seat, listener, interrupted);
  const Json asked = Json::object().set("drill", request.component.name).set("fault", request.fault.name).set("times", request.times).set("seed", request.seed);
  const auto told = seat->ask(asked, [&striker](const std::string& line) { striker.heard(line); });
  if (!told) {
    if (!striker.has_struck()) KEELSON_CHECK(journal.close());  // refused before anything was done
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
  KEELSON_CHECK(seat->ask(Json::object().set("clear", component)));
  return {};
}

Result<Json> rehearse_inside(const Foundation& foundation, World& world, const std::string& directory, const Json& asked) {
  const std::string& name = asked.has("clear") ? asked["clear"].as_string() : asked["drill"].as_string();
  const Component* component = find_component(foundation, name);
  const Engine* engine = component == nullptr ? nullptr : find_engine(component->kind->name);
  if (engine == nullptr) return fail_as(ErrorCode::usage, "cannot be drilled", name);
  ClientsRuntime runtime(world);
  Standing standing{foundation, runtime, directory + kDirectory};
  if (asked.has("clear")) {
    KEELSON_CHECK(engine->clear(standing, *component));
    return Json::object();
  }
  const Fault* known = find_fault(asked["fault"].as_string());
  if (known == nullptr || known->lift != nullptr) return fail_as(ErrorCode::usage, "no such drill inside", asked["fault"].as_string());
  Fault fault = *known;
  fault.choose = choose_nothing;
  fault.strike = ask_outside;
  RealFiles real_files;
  Files& files = real_files;
  RealClock clock;
  KEELSON_CHECK(files.remove_tree(standing.state_dir));  // of one that was killed
  KEELSON_CHECK(files.make_directory(standing.state_dir, 0700));
  KEELSON_TRY(const auto database, state::open_state(standing.state_dir, clock));
  const std::atomic<bool> never = false;
  KEELSON_TRY(const Scorecard card, run_drill(standing, *database, {fault, *component, static_cast<int>(asked["times"].as_int(1)), static_cast<std::uint64_t>(asked["seed"].as_int())}, {}, never));
  KEELSON_CHECK(files.remove_tree(standing.state_dir));
  return drill_json(card, rfc3339(clock.wall_ms()));
}

}  // namespace keelson::operate
