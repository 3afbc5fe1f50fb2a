#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/kubernetes/role.h"

namespace keelson::kubernetes {

/// Bindings that give the service accounts of a namespace (by name, or as members of the groups that every account is in) more than `declared` does, told
/// as "postgresql: clusterrolebinding/x gives cluster-admin". What a cluster gives everybody from its start (kubernetes.io/bootstrapping) is left out. Pure.
std::vector<std::string> excess_bindings(const std::vector<Json>& bindings, const std::string& space, const std::vector<std::string>& accounts, const std::vector<RoleBinding>& declared);

}  // namespace keelson::kubernetes
