#include "operate/faults.h"

#include <signal.h>

#include <array>

#include "operate/load.h"
#include "operate/processes.h"

namespace keelson::operate {
namespace {

constexpr int kDieMs = 5'000;

Json instances_json(const std::vector<std::string>& names) {
  Json out = Json::array();
  for (const std::string& name : names) out.push(name);
  return out;
}

std::vector<std::string> names_in(const Json& list) {
  std::vector<std::string> out;
  for (const Json& name : list.items()) out.push_back(name.as_string());
  return out;
}

Result<Json> choose_leader(Scene& scene) { return Json::object().set("instances", instances_json(instances_of(scene.leader))); }

/// Kills all of them at once and waits for the kernel's word that they have ended.
Result<Struck> kill_all(const Held& held) {
  Struck out{.at_us = now_us()};
  KEELSON_CHECK(held.signal(SIGKILL));
  KEELSON_CHECK(held.wait_ended(kDieMs));
  out.proved_us = now_us();
  out.evidence = std::to_string(held.size()) + (held.size() == 1 ? " process" : " processes") + " killed, all have ended";
  return out;
}

Result<Struck> kill_leader(Scene& scene, const Json& chosen) {
  KEELSON_TRY(const Held held, Held::of_instances(scene.standing, names_in(chosen["instances"])));
  return kill_all(held);
}

}  // namespace

const Fault kFailover{
    .name = "failover",
    .what = "kills every process of the leader at once (SIGKILL)",
    .proof = "each of them has ended, says the kernel",
    .recovery = "the dead member is back as a replica and has caught up",
    .choose = choose_leader,
    .strike = kill_leader,
};

namespace {
constexpr std::array<const Fault*, 1> kFaults = {&kFailover};
}

std::span<const Fault* const> faults() { return kFaults; }

const Fault* find_fault(std::string_view name) {
  for (const Fault* fault : kFaults)
    if (fault->name == name) return fault;
  return nullptr;
}

}  // namespace keelson::operate
