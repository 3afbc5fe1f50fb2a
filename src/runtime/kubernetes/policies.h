#pragma once
#include <vector>

#include "runtime/kubernetes/manifests.h"

namespace keelson::kubernetes {

/// A pod anywhere in the cluster that carries the label `keelson.dev/uses.<endpoint>: "true"` may connect to that endpoint.
std::string client_label(const std::string& endpoint);

/// Whom a published place takes: "192.0.2.0/24", "192.0.2.7/32". Without this machine's own, which are none of the cluster's.
std::vector<std::string> blocks_of(const Published& place);

/// Policies from edges: everything is denied both ways to every pod of the foundation, but names may be asked for; each component may do what its edges say.
std::vector<NetworkPolicy> policies_of(const ManifestInput& input);

}  // namespace keelson::kubernetes
