#include "operate/faults.h"
#include "protocol/http.h"

namespace keelson::operate {
namespace {

/// The consensus store that decides who leads.
Result<const Component*> store_of(Scene& scene) {
  for (const Component& component : scene.standing.foundation.components)
    if (component.kind->name == "etcd") return &component;
  return fail_as(ErrorCode::not_supported, "no etcd decides who leads", scene.component.name);
}

/// Whether this voter leads the others, by its own word (etcd 3.4 API, Maintenance.Status).
Result<bool> leads(Standing& standing, const Member& voter) {
  World& world = standing.runtime.world();
  HttpRequest request;
  request.method = "POST";
  request.host = voter.name;
  request.address = voter.address;
  request.port = voter.instances.front().ready.port;
  request.path = "/v3/maintenance/status";
  request.body = "{}";
  request.trust_file = world.trust_file(TrustDomain::control);
  request.certificate_file = world.certificate_file(TrustDomain::control);
  request.key_file = world.key_file(TrustDomain::control);
  KEELSON_TRY(const Json status, http_json(request));
  const std::string& own = status["header"]["member_id"].as_string();
  return !own.empty() && status["leader"].as_string() == own;
}

Result<const Member*> leading_voter(Scene& scene, const Component& store) {
  std::string seen;
  for (const Member& voter : store.members) {
    const auto leader = leads(scene.standing, voter);
    if (leader && *leader) return &voter;
    if (!leader) seen = describe(leader.error());
  }
  return fail_as(ErrorCode::not_healthy, "etcd has no leader", store.name, seen);
}

Result<Json> choose_leading_voter(Scene& scene) {
  KEELSON_TRY(const Component* store, store_of(scene));
  KEELSON_TRY(const Member* voter, leading_voter(scene, *store));
  return Json::object().set("instances", instances_json(instances_of(*voter)));
}

/// The leading voter and as many others as make a majority.
Result<Json> choose_majority(Scene& scene) {
  KEELSON_TRY(const Component* store, store_of(scene));
  KEELSON_TRY(const Member* leading, leading_voter(scene, *store));
  std::vector<std::string> names = instances_of(*leading);
  std::size_t chosen = 1;
  for (const Member& voter : store->members) {
    if (&voter == leading || chosen == store->members.size() / 2 + 1) continue;
    for (std::string& name : instances_of(voter)) names.push_back(std::move(name));
    ++chosen;
  }
  return Json::object().set("instances", instances_json(names));
}

}  // namespace

const Fault kEtcdLeader{
    .name = "etcd-leader",
    .what = "kills the leading member of etcd (SIGKILL)",
    .proof = "it has ended, says the kernel",
    .recovery = "it is back; PostgreSQL's leader is the same",
    .leader = LeaderMay::only_stay,
    .choose = choose_leading_voter,
    .strike = kill_chosen,
};

const Fault kEtcdMajority{
    .name = "etcd-majority",
    .what = "makes a majority of etcd stand still for 40 s (SIGSTOP, then SIGCONT): nobody may lead that long",
    .proof = "each of them is in state T, says the kernel",
    .recovery = "one member leads, the others follow and have caught up",
    .hold_ms = 40'000,
    .choose = choose_majority,
    .strike = stop_all,
    .lift = continue_all,
};

}  // namespace keelson::operate
