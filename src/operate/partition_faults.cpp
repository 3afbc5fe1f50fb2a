#include <algorithm>

#include "operate/faults.h"
#include "operate/load.h"
#include "operate/partition.h"
#include "runtime/native/firewall.h"
#include "security/network_policy.h"
#include "system/files.h"

namespace keelson::operate {
namespace {

constexpr int kHoldMs = 60'000;      ///< longer than Patroni's ttl of 30 s and the election after it
constexpr int kKernelEndsS = 75;     ///< the cut ends by itself then
constexpr int kProofMs = 15'000;     ///< Patroni asks etcd every 10 s at the latest
constexpr std::string_view kNftRoot = "/sys/fs/cgroup/";  ///< nft reads cgroups from here (libnftables 1.0, SYSFS_CGROUPSV2_PATH)

/// The balancer and the poolers are on the clients' side of the cut.
bool carries_clients(const Component& component) { return component.kind->name == "haproxy" || component.kind->name == "pgbouncer"; }

/// The cgroup of the member, below the root of cgroup2.
Result<std::string> cgroup_of(Standing& standing, const Member& member) {
  KEELSON_TRY(const auto status, standing.runtime.status());
  const std::string& name = member.instances.front().name;
  const auto found = std::find_if(status.begin(), status.end(), [&name](const InstanceStatus& one) { return one.name == name; });
  if (found == status.end() || found->pids.empty()) return fail("no process can be reached", name, "the runtime shows none of them here", "keelson ps");
  RealFiles files;
  KEELSON_TRY(const std::string text, files.read("/proc/" + std::to_string(found->pids.front()) + "/cgroup", 1 << 16));
  const std::string path = cgroup2_in(text);
  if (!path.ends_with("/" + name))
    return fail_as(ErrorCode::not_supported, "members cannot be told apart: they have no cgroups of their own", name, "cgroup2 says '" + path + "'", "run the foundation as root");
  return path;
}

/// Where nft finds it: "/keelson/1/redis-1" -> "unified/keelson/1".
Result<void> place(Cut& cut, const std::string& cgroup) {
  RealFiles files;
  KEELSON_TRY(const std::string mounts, files.read("/proc/self/mountinfo", 1 << 20));
  const std::string mount = cgroup2_mount_in(mounts) + "/";
  if (!mount.starts_with(kNftRoot)) return fail_as(ErrorCode::not_supported, "nftables finds no cgroups", mount, "it looks below " + std::string(kNftRoot));
  const std::string parent = cgroup.substr(1, cgroup.rfind('/') - 1);
  cut.parent = mount.substr(kNftRoot.size()) + parent;
  cut.level = 2 + static_cast<int>(std::count(parent.begin(), parent.end(), '/'));
  return {};
}

Result<Cut> cut_of(Scene& scene, const std::string& table) {
  Cut cut{.table = table, .parent = {}, .level = 0, .peers = {}, .kept = {}, .member = scene.leader.address, .peer_addresses = {}, .timeout_s = kKernelEndsS};
  KEELSON_TRY(const std::string cgroup, cgroup_of(scene.standing, scene.leader));
  KEELSON_CHECK(place(cut, cgroup));
  for (const Component& component : scene.standing.foundation.components)
    for (const Member& member : component.members) {
      if (&member == &scene.leader) continue;
      auto& list = carries_clients(component) ? cut.kept : cut.peers;
      for (std::string& name : instances_of(member)) list.push_back(std::move(name));
      if (!carries_clients(component)) cut.peer_addresses.push_back(member.address);
    }
  return cut;
}

Result<Json> choose_table(Scene& scene) {
  KEELSON_TRY(const ObservedNetwork network, scene.standing.runtime.network(scene.standing.foundation));
  if (network.state == NetworkState::not_asked || network.state == NetworkState::unavailable)
    return fail_as(ErrorCode::not_supported, "a partition needs nftables", scene.standing.foundation.name, network.why, "keelson doctor");
  KEELSON_CHECK(cut_of(scene, network.table + "_drill"));
  return Json::object().set("table", network.table + "_drill");
}

Result<Struck> cut_off(Scene& scene, const Json& chosen) {
  const std::string& table = chosen["table"].as_string();
  KEELSON_TRY(const Cut cut, cut_of(scene, table));
  KEELSON_TRY(const std::string text, partition_text(cut));
  Struck out{.at_us = now_us()};
  KEELSON_CHECK(native::load_rules(text));
  std::int64_t dropped = 0;
  const bool proved = clients::eventually(kProofMs, [&] {
    dropped = native::packets_counted(table).value_or(0);
    return dropped > 0;
  });
  if (!proved) return fail("nothing was dropped", table, "within 15 s");
  out.proved_us = now_us();
  out.evidence = std::to_string(dropped) + " packets between it and " + std::to_string(cut.peers.size()) + " others were dropped";
  return out;
}

Result<void> join_again(Standing&, const Json& chosen) {
  KEELSON_TRY(const std::string text, nftables_removal(chosen["table"].as_string()));
  return native::load_rules(text);
}

}  // namespace

const Fault kPartition{
    .name = "partition",
    .what = "cuts the leader off from every other member until one of them leads, at most 60 s; clients still reach it, and so does keelson's agent",
    .proof = "the kernel has dropped packets between them",
    .recovery = "one member leads, the others follow and have caught up",
    .leader = LeaderMay::only_move,
    .leader_reachable = true,
    .hold_ms = kHoldMs,
    .choose = choose_table,
    .strike = cut_off,
    .held_enough = another_leads,  // the old leader's view of the store is at its most misleading then
    .lift = join_again,
};

}  // namespace keelson::operate
