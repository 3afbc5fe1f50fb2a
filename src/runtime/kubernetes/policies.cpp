#include "runtime/kubernetes/policies.h"

#include <algorithm>

#include "runtime/kubernetes/instance_objects.h"

namespace keelson::kubernetes {
namespace {

constexpr int kDnsPort = 53;
/// Where API servers listen; which address a cluster's has is not known here, and it differs from that of its Service.
constexpr int kApiPorts[] = {443, 6443, 8443, 16443};

/// What an edge opens, in pods and their ports.
struct Opened {
  const Component* to;
  std::vector<PolicyPort> ports;
};

/// As model/door.h reads an edge; an endpoint is a port of its balancer's pods.
Opened opened_by(const Foundation& foundation, const Edge& edge) {
  const Endpoint* endpoint = find_endpoint(foundation, edge.to);
  const Component* component = find_component(foundation, edge.to);
  if (endpoint != nullptr && (edge.port == 0 || component == nullptr)) return {balancer_of(foundation, *endpoint), {{listen_port(*endpoint)}}};
  if (edge.port != 0) return {component, {{edge.port}}};
  Opened out{component, {}};
  for (const int port : component->ports) out.ports.push_back({port});
  return out;
}

Peer peer_of(const ManifestInput& input, const Edge& edge) {
  if (edge.from == kLocalUsers) return PodPeer{{{client_label(edge.to), "true"}}, Labels{}};
  return PodPeer{pods_of(input, *find_component(input.foundation, edge.from))};
}

/// Who comes from outside the cluster to an endpoint of this balancer's.
void add_published(const ManifestInput& input, const Component& component, NetworkPolicy& policy) {
  for (const Endpoint& endpoint : input.foundation.endpoints) {
    if (endpoint.publish.empty() || balancer_of(input.foundation, endpoint) != &component) continue;
    PolicyRule rule{{}, {{listen_port(endpoint)}}};
    for (const Published& place : endpoint.publish) {
      if (is_of_the_machine(place)) continue;
      for (const std::string& block : blocks_of(place)) rule.peers.push_back(IpBlock{block});
    }
    if (!rule.peers.empty()) policy.ingress.push_back(std::move(rule));
  }
}

NetworkPolicy policy_of(const ManifestInput& input, const Component& component) {
  NetworkPolicy out{.meta = {component.name, input.cluster.space, labels_of(input, component)}, .pods = pods_of(input, component)};
  for (const Edge& edge : input.foundation.edges) {
    const Opened opened = opened_by(input.foundation, edge);
    if (opened.to == &component) out.ingress.push_back({{peer_of(input, edge)}, opened.ports});
    if (edge.from == component.name) out.egress.push_back({{PodPeer{pods_of(input, *opened.to)}}, opened.ports});
  }
  add_published(input, component, out);
  const std::vector<PlacedInstance> instances = instances_of(component);
  if (std::any_of(instances.begin(), instances.end(), [](const PlacedInstance& placed) { return placed.instance->elects; })) {
    PolicyRule api;
    for (const int port : kApiPorts) api.ports.push_back({port});
    out.egress.push_back(std::move(api));
  }
  return out;
}

}  // namespace

std::string client_label(const std::string& endpoint) { return "keelson.dev/uses." + endpoint; }

std::vector<std::string> blocks_of(const Published& place) {
  std::vector<std::string> out;
  for (const std::string& one : place.from)
    if (!one.starts_with("127.")) out.push_back(one.find('/') == std::string::npos ? one + "/32" : one);
  return out;
}

std::vector<NetworkPolicy> policies_of(const ManifestInput& input) {
  NetworkPolicy closed{.meta = {input.foundation.name + "-closed", input.cluster.space, labels_of(input)}};
  closed.pods = {{kPartOf, input.foundation.name}};
  closed.egress = {{{}, {{kDnsPort, Protocol::udp}, {kDnsPort, Protocol::tcp}}}};
  std::vector<NetworkPolicy> out{std::move(closed)};
  for (const Component& component : input.foundation.components) out.push_back(policy_of(input, component));
  return out;
}

}  // namespace keelson::kubernetes
