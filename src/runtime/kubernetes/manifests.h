#pragma once
#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"
#include "runtime/folder.h"
#include "runtime/kubernetes/object.h"
#include "runtime/kubernetes/placement.h"

namespace keelson::kubernetes {

/// What a file of the folder holds that is not text of a room: a certificate, a key, roots. By its path, "config/redis-1/tls/server.crt".
using ReadIssued = std::function<Result<std::string>(const std::string& path)>;

struct ManifestInput {
  const Foundation& foundation;  ///< its names given by give_names
  const Cluster& cluster;
  ReadIssued read;
  std::string owner = {};         ///< "" = nobody runs it: no such label
  std::string storage_class = {};  ///< "" = the cluster's default
  std::string build = {};         ///< the keelson in the images: build_of
};

/// Of the names of the ConfigMaps in which Patroni keeps its cluster: "postgresql-leader".
inline constexpr std::array<const char*, 4> kElectionSuffixes{"-config", "-failover", "-leader", "-sync"};

/// A foundation as objects of the API: what is about the whole, and what each instance is.
struct Manifests {
  std::vector<Object> shared = {};                               ///< in an order in which they can be made
  std::map<std::string, std::vector<Object>> instances = {};     ///< ConfigMap, Secret, StatefulSet
};

/// The files that its pods are given, and clients with them: what ManifestInput::read reads must have been written from these. Pure.
FolderFiles pod_files(const Foundation& foundation);

/// Foundation -> objects. Calls `read` and does nothing else.
Result<Manifests> manifests_of(const ManifestInput& input);

/// What a foundation asks for that Kubernetes cannot run, each with ErrorCode::not_supported: container_refusals, and what is Kubernetes' own. None = go on.
Errors unsupported(const Foundation& foundation);

}  // namespace keelson::kubernetes
