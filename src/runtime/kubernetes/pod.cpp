#include "runtime/kubernetes/pod.h"

namespace keelson::kubernetes {
namespace {

/// What the kubelet gives a volume's files to is the group; it looks through all of them only where the top is not right.
Json security_json(int user) {
  return Json::object()
      .set("runAsNonRoot", true)
      .set("runAsUser", user)
      .set("runAsGroup", user)
      .set("fsGroup", user)
      .set("fsGroupChangePolicy", "OnRootMismatch")
      .set("seccompProfile", Json::object().set("type", "RuntimeDefault"));
}

Json dns_json(const std::vector<std::pair<std::string, std::string>>& options) {
  const auto option_json = [](const auto& option) {
    Json out = Json::object().set("name", option.first);
    if (!option.second.empty()) out.set("value", option.second);
    return out;
  };
  return Json::object().set("options", each(options, option_json));
}

Json spread_json(const TopologySpread& spread) {
  return Json::object()
      .set("topologyKey", spread.key)
      .set("maxSkew", spread.max_skew)
      .set("whenUnsatisfiable", spread.spread == Spread::required ? "DoNotSchedule" : "ScheduleAnyway")
      .set("labelSelector", selector_json(spread.pods));
}

template <typename Nodes>
void set_list(Json& out, const std::string& name, const Nodes& nodes) {
  if (!nodes.empty()) out.set(name, each(nodes, [](const auto& node) { return json(node); }));
}

Json spec_json(const PodTemplate& pod) {
  Json out = Json::object();
  if (!pod.account.empty()) out.set("serviceAccountName", pod.account);
  out.set("automountServiceAccountToken", pod.token == Token::mounted);
  // A variable for each Service of the namespace, at the time the pod began: of no use beside DNS, and another environment at each start.
  out.set("enableServiceLinks", false);
  out.set("securityContext", security_json(pod.user));
  out.set("terminationGracePeriodSeconds", pod.stop_s);
  if (!pod.dns_options.empty()) out.set("dnsConfig", dns_json(pod.dns_options));
  if (!pod.nodes.empty()) out.set("nodeSelector", json(pod.nodes));
  if (!pod.spread.empty()) out.set("topologySpreadConstraints", each(pod.spread, spread_json));
  set_list(out, "initContainers", pod.init);
  set_list(out, "containers", pod.containers);
  set_list(out, "volumes", pod.volumes);
  return out;
}

}  // namespace

Json json(const PodTemplate& pod) {
  Json meta = Json::object().set("labels", json(pod.labels));
  if (!pod.annotations.empty()) meta.set("annotations", json(pod.annotations));
  return Json::object().set("metadata", std::move(meta)).set("spec", spec_json(pod));
}

}  // namespace keelson::kubernetes
