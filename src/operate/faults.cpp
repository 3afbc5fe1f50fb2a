#include "operate/faults.h"

#include <signal.h>

#include <array>

#include "operate/engine.h"
#include "operate/load.h"
#include "operate/run.h"
#include "runtime/container_layout.h"
#include "runtime/native/agent_client.h"

namespace keelson::operate {
namespace {

constexpr int kDieMs = 5'000;
constexpr int kStandStillMs = 2'000;

std::vector<std::string> names_in(const Json& list) {
  std::vector<std::string> out;
  for (const Json& name : list.items()) out.push_back(name.as_string());
  return out;
}

/// The native runtime's supervisor: the other runtimes have none of ours.
Result<Json> with_agent(Scene& scene, Json chosen) {
  KEELSON_TRY(const Json hello, native::AgentClient(scene.standing.state_dir + "/agent/agent.sock").hello());
  KEELSON_TRY(Json agent, process_json(static_cast<int>(hello["pid"].as_int())));
  return chosen.set("agent", std::move(agent));
}
Result<Json> choose_agent(Scene& scene) { return with_agent(scene, Json::object()); }
Result<Json> choose_leader_and_agent(Scene& scene) {
  KEELSON_TRY(Json chosen, choose_leader(scene));
  return with_agent(scene, std::move(chosen));
}

Result<void> stand_still(const Held& held) {
  KEELSON_CHECK(held.signal(SIGSTOP));
  if (!clients::eventually(kStandStillMs, [&held] { return held.all_stopped(); })) return fail("a process does not stand still", {}, "within 2 s of SIGSTOP");
  return {};
}

Result<Struck> kill_unattended(Scene& scene, const Json& chosen) {
  KEELSON_TRY(const Held leader, held_of(scene.standing, chosen));  // asked of the agent while it answers
  KEELSON_TRY(const Held agent, Held::of_process(chosen["agent"]));
  KEELSON_CHECK(stand_still(agent));
  KEELSON_TRY(Struck out, kill_all(leader));
  out.evidence += "; the agent stands still";
  return out;
}

/// keelson inside does it, which knows who is in the container and needs no pid that means something here. Should the first process be quicker, it finds what is
/// left dead or dying and ends that, keelson too (128 + SIGKILL): nobody else in there can.
Result<Struck> kill_enclosed(Standing& standing, const Json& chosen, const std::string& word) {
  Struck out{.at_us = now_us()};
  for (const std::string& name : names_in(chosen["instances"])) {
    std::vector<std::string> words{std::string(kContainerProgram), "strike"};
    if (!word.empty()) words.push_back(word);
    const auto said = standing.runtime.run_inside(name, words);
    const bool fenced = !said && word.empty() && said.error().why.find("exit code 137") != std::string::npos;
    if (!said && !fenced) return unexpected(said.error());
    out.evidence += (out.evidence.empty() ? "" : ", ") + (fenced ? "all" : said->substr(0, said->find('\n'))) + " of " + name;
  }
  out.proved_us = now_us();
  out.evidence += " killed, all have ended";
  return out;
}

Result<void> continue_agent(Standing&, const Json& chosen) {
  const auto agent = Held::of_process(chosen["agent"]);
  if (!agent) return {};  // it has ended: its guardian has started another
  return agent->signal(SIGCONT);
}

Result<Struck> kill_agent(Scene&, const Json& chosen) {
  KEELSON_TRY(const Held agent, Held::of_process(chosen["agent"]));
  return kill_all(agent);
}

Result<Json> choose_nothing(Scene& scene) { return Json::object().set("leader", scene.leader.name); }

Result<Struck> hand_over(Scene& scene, const Json&) {
  const auto verb = find_engine(scene.component.kind->name)->hand_over;
  if (verb == nullptr) return fail_as(ErrorCode::not_supported, "its leadership cannot be handed over", scene.component.name);
  Struck out{.at_us = now_us()};
  KEELSON_CHECK(verb(scene));
  out.proved_us = now_us();
  out.evidence = "another member leads";
  return out;
}

}  // namespace

Json instances_json(const std::vector<std::string>& names) {
  Json out = Json::array();
  for (const std::string& name : names) out.push(name);
  return out;
}

Result<Json> choose_leader(Scene& scene) { return Json::object().set("instances", instances_json(instances_of(scene.leader))); }

Result<Held> held_of(Standing& standing, const Json& chosen) { return Held::of_instances(standing, names_in(chosen["instances"])); }

Result<Struck> kill_all(const Held& held) {
  Struck out{.at_us = now_us()};
  KEELSON_CHECK(held.signal(SIGKILL));
  KEELSON_CHECK(held.wait_ended(kDieMs));
  out.proved_us = now_us();
  out.evidence = std::to_string(held.size()) + (held.size() == 1 ? " process" : " processes") + " killed, all have ended";
  return out;
}

Result<Struck> kill_chosen(Scene& scene, const Json& chosen) { return kill_chosen(scene, chosen, {}); }

Result<Struck> kill_chosen(Scene& scene, const Json& chosen, const std::string& word) {
  if (scene.standing.runtime.isolation() != Isolation::users) return kill_enclosed(scene.standing, chosen, word);
  KEELSON_TRY(Held held, held_of(scene.standing, chosen));
  if (!word.empty()) held = std::move(held).with(word);
  if (held.size() == 0) return fail("no process is there with " + word + " in its command line", scene.leader.name);
  return kill_all(held);
}

Result<Struck> stop_all(Scene& scene, const Json& chosen) {
  KEELSON_TRY(const Held held, held_of(scene.standing, chosen));
  Struck out{.at_us = now_us()};
  KEELSON_CHECK(stand_still(held));
  out.proved_us = now_us();
  out.evidence = std::to_string(held.size()) + " processes stand still";
  return out;
}

Result<void> continue_all(Standing& standing, const Json& chosen) {
  // Each: one of them may have none just now, when the agent starts it again.
  Result<void> problem;
  for (const std::string& name : names_in(chosen["instances"])) {
    const auto held = Held::of_instances(standing, std::array{name});
    if (!held) continue;
    if (auto continued = held->signal(SIGCONT); !continued) problem = std::move(continued);
  }
  return problem;
}

bool another_leads(Scene& scene) {
  const auto now = leader_of(scene.standing, scene.component);
  return now && *now != &scene.leader;
}

const Fault kFailover{
    .name = "failover",
    .what = "kills every process of the leader at once (SIGKILL)",
    .proof = "each of them has ended, says the kernel",
    .recovery = "the dead member is back as a replica and has caught up",
    .enclosed = true,
    .choose = choose_leader,
    .strike = kill_chosen,
};

const Fault kSwitchover{
    .name = "switchover",
    .what = "hands the leadership over in good order",
    .proof = "another member leads",
    .recovery = "the old leader follows the new one and has caught up",
    .leader = LeaderMay::only_move,
    .clients = ClientsMay::notice_nothing_pooled,
    .enclosed = true,
    .by_clients = true,
    .choose = choose_nothing,
    .strike = hand_over,
};

const Fault kPause{
    .name = "pause",
    .what = "makes every process of the leader stand still for 60 s (SIGSTOP, then SIGCONT)",
    .proof = "each of them is in state T, says the kernel",
    .recovery = "one member leads, the others follow and have caught up",
    .hold_ms = 60'000,
    .choose = choose_leader,
    .strike = stop_all,
    .lift = continue_all,
};

const Fault kAgentKill{
    .name = "agent-kill",
    .what = "kills keelson's agent (SIGKILL)",
    .proof = "it has ended, says the kernel",
    .recovery = "another agent answers, and every instance is ready",
    .leader = LeaderMay::only_stay,
    .clients = ClientsMay::notice_nothing,
    .choose = choose_agent,
    .strike = kill_agent,
};

const Fault kUnattended{
    .name = "unattended",
    .what = "kills every process of the leader while the agent stands still: the engine's own timers decide",
    .proof = "each of them has ended, the agent is in state T, says the kernel",
    .recovery = "another member leads; then the agent goes on, and the dead member is back and has caught up",
    .leader = LeaderMay::only_move,
    .hold_ms = 120'000,
    .choose = choose_leader_and_agent,
    .strike = kill_unattended,
    .held_enough = another_leads,
    .lift = continue_agent,
};

namespace {
constexpr std::array kFaults = {&kFailover, &kSwitchover, &kPause, &kPartition, &kDiskFull, &kClock, &kAgentKill, &kPatroniKill, &kPostmasterKill, &kEtcdLeader, &kEtcdMajority, &kUnattended};
}

std::span<const Fault* const> faults() { return kFaults; }

const Fault* find_fault(std::string_view name) {
  for (const Fault* fault : kFaults)
    if (fault->name == name) return fault;
  return nullptr;
}

}  // namespace keelson::operate
