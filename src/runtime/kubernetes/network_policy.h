#pragma once
#include <optional>
#include <variant>

#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

/// Pods with all of these labels, in namespaces with all of those.
struct PodPeer {
  Labels pods = {};                        ///< empty = all pods there
  std::optional<Labels> spaces = {};       ///< nothing = the policy's own namespace; empty = every namespace
};

struct IpBlock {
  std::string cidr;
  std::vector<std::string> except = {};
};

using Peer = std::variant<PodPeer, IpBlock>;

struct PolicyPort {
  int port = 0;
  Protocol protocol = Protocol::tcp;
};

/// What is let through: any of the peers, on any of the ports.
struct PolicyRule {
  std::vector<Peer> peers = {};        ///< empty = anybody
  std::vector<PolicyPort> ports = {};  ///< empty = every port
};

/// Denies some pods all that its rules do not let through, both ways.
struct NetworkPolicy {
  static constexpr ApiType kType{"networking.k8s.io/v1", "NetworkPolicy", "networkpolicies.networking.k8s.io"};
  Meta meta;
  Labels pods = {};  ///< empty = all of its namespace
  std::vector<PolicyRule> ingress = {};
  std::vector<PolicyRule> egress = {};
};

Json json(const NetworkPolicy& policy);

}  // namespace keelson::kubernetes
