#pragma once
#include <optional>
#include <string>

#include "base/result.h"
#include "blueprint/blueprint.h"
#include "model/foundation.h"
#include "pipeline/pipeline.h"
#include "runtime/kubernetes/placement.h"
#include "system/files.h"
#include "system/random.h"

namespace keelson {

/// Which cluster a foundation stands in, and where: kept in its state (`<state>/kubernetes.json`, keelson.kubernetes-place/v1), so that another chosen
/// context leads no command elsewhere.
struct ClusterPlace {
  std::string context;
  std::string space;
  std::string storage_class;
  std::string owner = {};       ///< random: tells the foundation from all others of its name
  std::string cluster_id = {};  ///< Kubectl::cluster; "" = could not be learnt
  bool operator==(const ClusterPlace&) const = default;
};

/// Nothing when it has none yet.
Result<std::optional<ClusterPlace>> read_cluster_place(Files& files, const std::string& state_dir);
Result<void> write_cluster_place(Files& files, const std::string& state_dir, const ClusterPlace& place);

/// The place a foundation has, or gets now by what the request wishes; its `owner` is new then. A wish for another place than it has is refused.
Result<ClusterPlace> cluster_place(const Request& request, const std::string& foundation, const std::optional<ClusterPlace>& standing, Random& random);

/// Blueprint -> Foundation with the names that a cluster's Services give it. Pure.
Checked<Foundation> place_on_kubernetes(const Blueprint& blueprint, const kubernetes::Cluster& cluster);

}  // namespace keelson
