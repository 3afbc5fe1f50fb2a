#pragma once
#include "blueprint/blueprint.h"
#include "pipeline/render.h"

namespace keelson {

/// The folder of `render kubernetes`:
///
///   kubernetes/cluster-config.yaml     the namespace
///   kubernetes/network-policies.yaml   who may talk to whom
///   redis/redis-cluster.yaml           everything of an entry of the blueprint and its companions, but
///   redis/redis-secrets.yaml           0600: what is secret of it
///   deploy.sh                          applies all of it in order, and waits
///   trust/, secrets/clients/, access-info.txt   for clients
///
/// Layout `nexus` names the policies calico-config.yaml and the script deploy-phase1.sh, has secrets in the files of the entries (0600), so that each can be
/// applied by itself, and calls the pod of an entry's first member by the endpoint that takes writes: postgresql-primary-0.
Checked<RenderReport> render_kubernetes(const RenderRequest& request, const Blueprint& blueprint, const std::string& state_dir, const std::string& directory);

}  // namespace keelson
