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
/// kubernetes_layouts.cpp has the others. Where handbooks have people apply file by file, secrets are in the files of the entries (0600).
Checked<RenderReport> render_kubernetes(const RenderRequest& request, const Blueprint& blueprint, const std::string& state_dir, const std::string& directory);

}  // namespace keelson
