#include "runtime/kubernetes/placement.h"

#include <map>

namespace keelson::kubernetes {
namespace {

/// Above all ports of engines; ports that the kernel gives to clients are its own inside a pod, and a bind takes precedence.
constexpr int kPortStep = 10'000;

/// A name of a role for the member that has it first; where it is later, the name does not tell.
std::string set_name(const Foundation& foundation, const Component& component, const Member& member, const Cluster& cluster) {
  if (cluster.role_names && member.ordinal == 1 && component.companion_of.empty())
    for (const Endpoint& endpoint : foundation.endpoints)
      if (endpoint.component == component.name && !endpoint.read_only) return endpoint.name;
  return member.name;
}

}  // namespace

std::string namespace_of(const std::string& foundation, const std::string& prefix) { return prefix + foundation; }

ContainerUsers pod_users() { return {.uid = ContainerUsers::kFirst, .gid = ContainerUsers::kFirst}; }

std::optional<LeaseStore> PodLayout::lease_store(const std::string&) const { return LeaseStore{cluster_.space, {{kPartOf, foundation_}}, kComponent}; }

std::string pod_of(const std::string& set) { return set + "-0"; }

std::string set_of(const Member& member) {
  const std::string& pod = host_name(member);
  return pod.ends_with("-0") ? pod.substr(0, pod.size() - 2) : pod;
}

Result<void> give_names(Foundation& foundation, const Cluster& cluster) {
  foundation.domain = cluster.space + ".svc." + cluster.domain;
  for (Component& component : foundation.components)
    for (Member& member : component.members) {
      member.address = member.name + "." + foundation.domain;
      member.listen = kEveryAddress;
      member.host = pod_of(set_name(foundation, component, member, cluster));
    }
  std::map<std::pair<const Component*, int>, int> taken;
  for (Endpoint& endpoint : foundation.endpoints) {
    endpoint.address = endpoint.name + "." + foundation.domain;
    endpoint.listen = kEveryAddress;
    endpoint.listen_port = endpoint.port + kPortStep * taken[{balancer_of(foundation, endpoint), endpoint.port}]++;
  }
  return {};
}

}  // namespace keelson::kubernetes
