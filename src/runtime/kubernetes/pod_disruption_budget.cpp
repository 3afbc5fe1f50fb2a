#include "runtime/kubernetes/pod_disruption_budget.h"

namespace keelson::kubernetes {

Json json(const PodDisruptionBudget& budget) {
  return head(PodDisruptionBudget::kType, budget.meta)
      .set("spec", Json::object().set("maxUnavailable", budget.max_unavailable).set("selector", selector_json(budget.pods)));
}

}  // namespace keelson::kubernetes
