#pragma once
#include <string>
#include <vector>

#include "runtime/kubernetes/network_policy.h"

namespace keelson::kubernetes {

/// A policy as Calico's own kind (projectcalico.org/v3 NetworkPolicy; docs.tigera.io/calico/latest/reference/resources/networkpolicy). It lets through the
/// same. `kubectl` takes it where Calico's API server runs, `calicoctl` everywhere. Not an Object: a cluster without Calico does not know the kind.
Json calico_json(const NetworkPolicy& policy);

/// A YAML stream of them, in the order given.
std::string calico_yaml_of(const std::vector<NetworkPolicy>& policies);

}  // namespace keelson::kubernetes
