#pragma once
#include <utility>

#include "runtime/kubernetes/container.h"
#include "runtime/kubernetes/service_account.h"

namespace keelson::kubernetes {

enum class Spread { wanted, required };

/// How far some pods may be gathered: the number in one place of `key` exceeds that in another by at most `max_skew`.
struct TopologySpread {
  std::string key;  ///< a label of nodes: "topology.kubernetes.io/zone", "kubernetes.io/hostname"
  Labels pods;
  Spread spread = Spread::wanted;  ///< required: a pod that finds no place waits
  int max_skew = 1;
};

/// A pod as Pod Security `restricted` allows it: one user, who is not root, for all its containers.
struct PodTemplate {
  Labels labels = {};
  Labels annotations = {};
  std::string account = {};   ///< "" = the namespace's default
  Token token = Token::none;  ///< whether containers hold the account's token
  int user = 0;               ///< uid and gid of the processes, and the group that volumes are given to
  int stop_s = 30;            ///< from the signal (or `before_stop`) until all is killed
  std::vector<std::pair<std::string, std::string>> dns_options = {};  ///< "ndots" -> "1"; of resolv.conf(5)
  Labels nodes = {};                                                  ///< labels a node must have
  std::vector<TopologySpread> spread = {};
  std::vector<Container> init = {};  ///< one after another, before the others
  std::vector<Container> containers = {};
  std::vector<Volume> volumes = {};
};

/// `{"metadata": …, "spec": …}`
Json json(const PodTemplate& pod);

}  // namespace keelson::kubernetes
