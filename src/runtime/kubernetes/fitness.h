#pragma once
#include <string>
#include <vector>

#include "runtime/kubernetes/kubectl.h"
#include "runtime/runtime.h"

/// Whether a cluster can host a foundation: what `doctor` tells. All pure.
namespace keelson::kubernetes {

/// What the pods of a foundation ask for.
struct Asked {
  std::int64_t memory = 0;       ///< bytes, of all
  std::int64_t largest = 0;      ///< of one pod
  int members = 0;               ///< of the component with most: they want as many nodes
  bool volumes = false;
};
Asked asked_by(const Foundation& foundation);

Fitness judge_versions(const Versions& versions);
/// `classes`: StorageClass objects; `wanted` "" = the default one.
Fitness judge_storage(const std::vector<Json>& classes, const std::string& wanted, const Asked& asked);
/// Node objects.
Fitness judge_nodes(const std::vector<Json>& nodes, const Asked& asked);
/// ResourceQuota objects of the namespace.
Fitness judge_quotas(const std::vector<Json>& quotas, const Asked& asked);
Fitness judge_rights(const std::vector<Right>& lacking, std::size_t asked_for);
/// What `up` and everything after it does.
std::vector<Right> needed_rights(const std::string& space);

}  // namespace keelson::kubernetes
