#include "runtime/kubernetes/placement.h"

#include <map>

namespace keelson::kubernetes {
namespace {

/// Above all ports of engines; ports that the kernel gives to clients are its own inside a pod, and a bind takes precedence.
constexpr int kPortStep = 10'000;

}  // namespace

std::string namespace_of(const std::string& foundation, const std::string& prefix) { return prefix + foundation; }

ContainerUsers pod_users() { return {.uid = ContainerUsers::kFirst, .gid = ContainerUsers::kFirst}; }

std::optional<LeaseStore> PodLayout::lease_store(const std::string&) const { return LeaseStore{cluster_.space, {{kPartOf, foundation_}}, kComponent}; }

std::string pod_of(const std::string& instance) { return instance + "-0"; }

Result<void> give_names(Foundation& foundation, const Cluster& cluster) {
  foundation.domain = cluster.space + ".svc." + cluster.domain;
  for (Component& component : foundation.components)
    for (Member& member : component.members) {
      member.address = member.name + "." + foundation.domain;
      member.listen = kEveryAddress;
      member.host = pod_of(member.name);
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
