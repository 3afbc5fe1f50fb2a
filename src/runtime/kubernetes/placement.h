#pragma once
#include <span>
#include <string>

#include "model/foundation.h"
#include "runtime/container_layout.h"
#include "runtime/container_users.h"
#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

/// The labels of every object and pod of a foundation (kubernetes.io/docs/concepts/overview/working-with-objects/common-labels), and keelson's own.
inline constexpr const char* kPartOf = "app.kubernetes.io/part-of";        ///< foundation
inline constexpr const char* kManagedBy = "app.kubernetes.io/managed-by";  ///< "keelson"
inline constexpr const char* kComponent = "app.kubernetes.io/component";   ///< component
inline constexpr const char* kName = "app.kubernetes.io/name";             ///< kind
inline constexpr const char* kInstance = "keelson.dev/instance";           ///< "redis-1"
inline constexpr const char* kApp = "app";                                 ///< component, where a handbook looks for it: Cluster::app_label
inline constexpr const char* kOwner = "keelson.dev/owner";                 ///< tells foundations of one name apart, as Compose's label does

/// What the pods of a kind ask of their node, where a handbook says it.
struct Share {
  std::string_view kind;
  int cpu_request = 0;       ///< in thousandths of a core
  int cpu_limit = 0;
  int memory_percent = 100;  ///< of the memory they may have at most: what the node keeps for them
};

/// Where a foundation is in a cluster, and how things are called there.
struct Cluster {
  std::string space;                      ///< namespace
  std::string domain = "cluster.local";   ///< of the cluster's names
  bool role_names = false;  ///< the pod of a component's first member is called by the endpoint that takes writes, as handbooks have it: "redis-master-0"
  bool app_label = false;   ///< everything of a component carries the label `app` with its name, too
  std::span<const Share> shares = {};
};

/// A foundation has a namespace of its name, with a prefix where several people share a cluster.
std::string namespace_of(const std::string& foundation, const std::string& prefix);

/// Every container runs as this user; pods keep components apart.
ContainerUsers pod_users();

/// Inside a pod as inside any container; Patroni's leader is elected in objects of the cluster's API.
class PodLayout : public ContainerLayout {
 public:
  PodLayout(std::string foundation, Cluster cluster) : foundation_(std::move(foundation)), cluster_(std::move(cluster)) {}
  std::optional<LeaseStore> lease_store(const std::string& component) const override;

 private:
  std::string foundation_;
  Cluster cluster_;
};

/// Whether a place is for the machine alone that somebody works on, by its address or by whom it takes: a cluster has no such machine.
bool is_of_the_machine(const Published& place);
/// The Service of an endpoint's published place, of those that have one; counts from 1.
std::string published_name(const Endpoint& endpoint, int number);

/// The pod of a set of one.
std::string pod_of(const std::string& set);
/// The set that a member's pod belongs to.
std::string set_of(const Member& member);

/// Every member and endpoint is reached by the name of a Service, whose address stays while pods come and go. Inside a pod all addresses are its own; where a
/// balancer serves two endpoints of one port, the second listens on another, and its Service leads there.
Result<void> give_names(Foundation& foundation, const Cluster& cluster);

}  // namespace keelson::kubernetes
