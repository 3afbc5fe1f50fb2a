#pragma once
#include "runtime/kubernetes/pod.h"

namespace keelson::kubernetes {

/// A PersistentVolumeClaim that each pod of a set gets of its own: `<name>-<set>-<number>`. It outlives the set.
struct VolumeClaim {
  static constexpr ApiType kType{"v1", "PersistentVolumeClaim", "persistentvolumeclaims"};
  std::string name;              ///< also the volume's inside the pod
  std::int64_t size = 0;         ///< bytes
  std::string storage_class = {};  ///< "" = the cluster's default
  Labels labels = {};
};

enum class PodOrder { one_by_one, parallel };
enum class Update { rolling, on_delete };

/// Pods `<name>-0`, `<name>-1` … that keep their names and volumes. `claims`, `pods` and `service` of one that exists cannot be changed.
struct StatefulSet {
  static constexpr ApiType kType{"apps/v1", "StatefulSet", "statefulsets.apps"};
  Meta meta;
  std::string service;  ///< the headless one that names its pods
  Labels pods;          ///< labels by which it knows its pods; `pod.labels` has them too
  int replicas = 1;
  PodOrder order = PodOrder::one_by_one;
  Update update = Update::rolling;
  PodTemplate pod = {};
  std::vector<VolumeClaim> claims = {};
};

Json json(const StatefulSet& set);

}  // namespace keelson::kubernetes
