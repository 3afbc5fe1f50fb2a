#include "runtime/kubernetes/stateful_set.h"

#include "base/units.h"

namespace keelson::kubernetes {
namespace {

Json claim_json(const VolumeClaim& claim) {
  Json spec = Json::object().set("accessModes", json(std::vector<std::string>{"ReadWriteOnce"}));
  if (!claim.storage_class.empty()) spec.set("storageClassName", claim.storage_class);
  spec.set("resources", Json::object().set("requests", Json::object().set("storage", format_bytes(claim.size))));
  return head(VolumeClaim::kType, Meta{.name = claim.name, .labels = claim.labels}).set("spec", std::move(spec));
}

}  // namespace

Json json(const StatefulSet& set) {
  Json spec = Json::object()
                  .set("serviceName", set.service)
                  .set("replicas", set.replicas)
                  .set("podManagementPolicy", set.order == PodOrder::parallel ? "Parallel" : "OrderedReady")
                  .set("updateStrategy", Json::object().set("type", set.update == Update::on_delete ? "OnDelete" : "RollingUpdate"))
                  .set("selector", selector_json(set.pods))
                  .set("template", json(set.pod));
  if (!set.claims.empty()) spec.set("volumeClaimTemplates", each(set.claims, claim_json));
  return head(StatefulSet::kType, set.meta).set("spec", std::move(spec));
}

}  // namespace keelson::kubernetes
