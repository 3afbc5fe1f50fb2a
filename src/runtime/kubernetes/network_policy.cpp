#include "runtime/kubernetes/network_policy.h"

namespace keelson::kubernetes {
namespace {

Json json_of(const PodPeer& peer) {
  Json out = Json::object();
  if (peer.spaces) out.set("namespaceSelector", selector_json(*peer.spaces));
  return out.set("podSelector", selector_json(peer.pods));
}

Json json_of(const IpBlock& block) {
  Json out = Json::object().set("cidr", block.cidr);
  if (!block.except.empty()) out.set("except", json(block.except));
  return Json::object().set("ipBlock", std::move(out));
}

Json peer_json(const Peer& peer) {
  return std::visit([](const auto& one) { return json_of(one); }, peer);
}

Json port_json(const PolicyPort& port) { return Json::object().set("port", port.port).set("protocol", text_of(port.protocol)); }

/// `side` is what the API calls the peers: "from" or "to".
Json rules_json(const std::vector<PolicyRule>& rules, const std::string& side) {
  return each(rules, [&](const PolicyRule& rule) {
    Json out = Json::object();
    if (!rule.peers.empty()) out.set(side, each(rule.peers, peer_json));
    if (!rule.ports.empty()) out.set("ports", each(rule.ports, port_json));
    return out;
  });
}

}  // namespace

Json json(const NetworkPolicy& policy) {
  Json spec = Json::object().set("podSelector", selector_json(policy.pods)).set("policyTypes", json(std::vector<std::string>{"Ingress", "Egress"}));
  if (!policy.ingress.empty()) spec.set("ingress", rules_json(policy.ingress, "from"));
  if (!policy.egress.empty()) spec.set("egress", rules_json(policy.egress, "to"));
  return head(NetworkPolicy::kType, policy.meta).set("spec", std::move(spec));
}

}  // namespace keelson::kubernetes
