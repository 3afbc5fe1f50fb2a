#include "runtime/kubernetes/calico_policy.h"

#include "runtime/yaml.h"

namespace keelson::kubernetes {
namespace {

constexpr ApiType kType{"projectcalico.org/v3", "NetworkPolicy", "networkpolicies.projectcalico.org"};

/// Values of labels hold no quote.
std::string expression(const Labels& labels) {
  std::string out;
  for (const auto& [key, value] : labels) out += (out.empty() ? "" : " && ") + key + " == '" + value + "'";
  return out.empty() ? "all()" : out;
}

void add(const PodPeer& peer, Json& side) {
  if (peer.spaces) side.set("namespaceSelector", expression(*peer.spaces));
  if (!peer.spaces || !peer.pods.empty()) side.set("selector", expression(peer.pods));
}

void add(const IpBlock& block, Json& side) {
  side.set("nets", json(std::vector<std::string>{block.cidr}));
  if (!block.except.empty()) side.set("notNets", json(block.except));
}

enum class Way { in, out };

/// A rule of Calico has one protocol, and one description of the other side.
class Rules {
 public:
  explicit Rules(Way way) : way_(way) {}

  void add_all(const PolicyRule& rule) {
    if (rule.peers.empty()) return add_each_protocol(rule.ports, Json::object());
    for (const Peer& peer : rule.peers) {
      Json side = Json::object();
      std::visit([&](const auto& one) { add(one, side); }, peer);
      add_each_protocol(rule.ports, side);
    }
  }

  Json take() { return std::move(rules_); }

 private:
  void add_each_protocol(const std::vector<PolicyPort>& ports, const Json& side) {
    if (ports.empty()) return add_rule(Json::object().set("action", "Allow"), side, {});
    for (const Protocol protocol : {Protocol::tcp, Protocol::udp}) {
      Json numbers = Json::array();
      for (const PolicyPort& port : ports)
        if (port.protocol == protocol) numbers.push(port.port);
      if (!numbers.items().empty()) add_rule(Json::object().set("action", "Allow").set("protocol", text_of(protocol)), side, numbers);
    }
  }

  /// Ports are the called one's, which is who the policy is about or the other side.
  void add_rule(Json rule, Json side, const Json& ports) {
    Json called = way_ == Way::in ? Json::object() : side;
    if (!ports.is_null()) called.set("ports", ports);
    if (way_ == Way::in && !side.members().empty()) rule.set("source", std::move(side));
    if (!called.members().empty()) rule.set("destination", std::move(called));
    rules_.push(std::move(rule));
  }

  const Way way_;
  Json rules_ = Json::array();
};

Json rules_json(const std::vector<PolicyRule>& rules, Way way) {
  Rules out(way);
  for (const PolicyRule& rule : rules) out.add_all(rule);
  return out.take();
}

}  // namespace

Json calico_json(const NetworkPolicy& policy) {
  Json spec = Json::object().set("selector", expression(policy.pods)).set("types", json(std::vector<std::string>{"Ingress", "Egress"}));
  if (!policy.ingress.empty()) spec.set("ingress", rules_json(policy.ingress, Way::in));
  if (!policy.egress.empty()) spec.set("egress", rules_json(policy.egress, Way::out));
  return head(kType, policy.meta).set("spec", std::move(spec));
}

std::string calico_yaml_of(const std::vector<NetworkPolicy>& policies) {
  std::string out;
  for (const NetworkPolicy& policy : policies) out += "---\n" + yaml_text(calico_json(policy));
  return out;
}

}  // namespace keelson::kubernetes
