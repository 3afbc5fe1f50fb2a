#include "runtime/kubernetes/placement.h"

#include <algorithm>
#include <map>

namespace keelson::kubernetes {
namespace {

/// Above all ports of engines; ports that the kernel gives to clients are its own inside a pod, and a bind takes precedence.
constexpr int kPortStep = 10'000;

constexpr std::string_view kOwnMachine = "127.";

/// Published places: those of the machine itself, which a cluster does not have, by a forward that somebody starts; others by a Service each.
void lead_published(Endpoint& endpoint, const Cluster& cluster) {
  int number = 0;
  for (Published& place : endpoint.publish) {
    place.listen = endpoint.listen;
    place.listen_port = endpoint.listen_port;
    place.by = is_of_the_machine(place) ? "kubectl --namespace " + cluster.space + " port-forward --address " + place.address + " service/" + endpoint.name + " " + std::to_string(place.port) + ":" +
                                              std::to_string(endpoint.port)
                                        : "service " + published_name(endpoint, ++number);
  }
}

/// A name of a role for the member that has it first; where it is later, the name does not tell.
std::string set_name(const Foundation& foundation, const Component& component, const Member& member, const Cluster& cluster) {
  if (cluster.role_names && member.ordinal == 1 && component.companion_of.empty())
    for (const Endpoint& endpoint : foundation.endpoints)
      if (endpoint.component == component.name && !endpoint.read_only) return endpoint.name;
  return member.name;
}

}  // namespace

bool is_of_the_machine(const Published& place) {
  return place.address.starts_with(kOwnMachine) || std::all_of(place.from.begin(), place.from.end(), [](const std::string& one) { return one.starts_with(kOwnMachine); });
}

std::string published_name(const Endpoint& endpoint, int number) { return endpoint.name + "-published" + (number == 1 ? "" : "-" + std::to_string(number)); }

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
    lead_published(endpoint, cluster);
  }
  return {};
}

}  // namespace keelson::kubernetes
