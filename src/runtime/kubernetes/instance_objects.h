#pragma once
#include "runtime/container_image.h"
#include "runtime/kubernetes/manifests.h"

namespace keelson::kubernetes {

/// Of a pod: the digest of all files that its engine reads when it starts, so that another one makes the set replace the pod.
inline constexpr const char* kFilesAnnotation = "keelson.dev/files";

/// The key of a ConfigMap or Secret that holds a file: "tls/server.crt" is "tls.server.crt".
std::string key_of(const std::string& file);

/// Bytes that the pod of an instance asks its node for, where no handbook says it otherwise.
std::int64_t memory_request(const Instance& instance);

/// Of resolv.conf(5) in pods: names are written out in full there, and without this each would be looked for in all search domains first.
inline const std::vector<std::pair<std::string, std::string>> kNameOptions{{"ndots", "1"}, {"timeout", "1"}, {"attempts", "2"}};

/// No registry has keelson's own images: another one of that name would be somebody else's.
PullPolicy pull_policy(const ContainerImage& image);

/// What everything of a foundation is labelled with, and what everything of a component.
Labels labels_of(const ManifestInput& input);
Labels labels_of(const ManifestInput& input, const Component& component);
/// By which the pods of a component, of a member, are found.
Labels pods_of(const ManifestInput& input, const Component& component);
Labels pods_of(const ManifestInput& input, const Component& component, const Member& member);

/// The name and address that stays while a member's pod comes and goes; it answers before the member is ready, because members find each other by it.
Service member_service(const ManifestInput& input, const Component& component, const Member& member);
/// Leads to the endpoint's balancer.
Service endpoint_service(const ManifestInput& input, const Endpoint& endpoint);

/// One for each place of an endpoint that the blueprint publishes outside the cluster; whoever gives the cluster its load balancers gives it the address.
std::vector<Service> published_services(const ManifestInput& input, const Endpoint& endpoint);

/// An instance is a StatefulSet of one pod, with a ConfigMap and a Secret of its own: no member's pod holds another's keys, and each can be started anew by
/// itself (ADR 0026).
Result<std::vector<Object>> instance_objects(const ManifestInput& input, const PlacedInstance& placed);

}  // namespace keelson::kubernetes
