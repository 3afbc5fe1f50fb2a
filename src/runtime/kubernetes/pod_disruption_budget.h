#pragma once
#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

/// How many of some pods may be missing because somebody drains nodes.
struct PodDisruptionBudget {
  static constexpr ApiType kType{"policy/v1", "PodDisruptionBudget", "poddisruptionbudgets.policy"};
  Meta meta;
  Labels pods;
  int max_unavailable = 1;
};

Json json(const PodDisruptionBudget& budget);

}  // namespace keelson::kubernetes
