#include "runtime/kubernetes/service.h"

namespace keelson::kubernetes {
namespace {

Json port_json(const ServicePort& port) {
  return Json::object().set("name", port.name).set("port", port.port).set("protocol", text_of(port.protocol)).set("targetPort", port.target == 0 ? port.port : port.target);
}

}  // namespace

Json json(const Service& service) {
  Json spec = Json::object().set("type", service.outside ? "LoadBalancer" : "ClusterIP");
  if (!service.address.empty()) spec.set("clusterIP", service.address);
  if (!service.pods.empty()) spec.set("selector", json(service.pods));
  if (!service.ports.empty()) spec.set("ports", each(service.ports, port_json));  // kubectl apply takes an empty list for a change each time
  if (service.not_ready == NotReady::published) spec.set("publishNotReadyAddresses", true);
  if (service.outside) {
    if (!service.outside->address.empty()) spec.set("loadBalancerIP", service.outside->address);
    spec.set("loadBalancerSourceRanges", json(service.outside->from));
    spec.set("externalTrafficPolicy", "Local");  // else a node in between would be who comes, and no policy could tell people apart
  }
  return head(Service::kType, service.meta).set("spec", std::move(spec));
}

}  // namespace keelson::kubernetes
