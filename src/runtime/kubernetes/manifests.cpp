#include "runtime/kubernetes/manifests.h"

#include <algorithm>

#include "runtime/container_files.h"
#include "runtime/container_image.h"
#include "runtime/kubernetes/instance_objects.h"
#include "runtime/kubernetes/policies.h"

namespace keelson::kubernetes {
namespace {

/// What Patroni 3.0.2 does with the API (dcs/kubernetes.py): its members are pods, everything else is annotations of ConfigMaps of these names.
/// `create` and `list` cannot be limited to names.
std::vector<Rule> election_rules(const Component& component) {
  std::vector<std::string> names, pods;
  for (const char* suffix : kElectionSuffixes) names.push_back(component.name + suffix);
  for (const Member& member : component.members) pods.push_back(host_name(member));
  return {{{""}, {"configmaps"}, {"create", "list", "watch"}},
          {{""}, {"configmaps"}, {"get", "patch", "update"}, std::move(names)},
          {{""}, {"pods"}, {"list", "watch"}},
          {{""}, {"pods"}, {"get", "patch"}, std::move(pods)}};
}

bool elects(const Component& component) {
  const std::vector<PlacedInstance> instances = instances_of(component);
  return std::any_of(instances.begin(), instances.end(), [](const PlacedInstance& placed) { return placed.instance->elects; });
}

class Shared {
 public:
  explicit Shared(const ManifestInput& input) : input_(input) {}

  std::vector<Object> build() {
    add(Namespace{.meta = {.name = input_.cluster.space, .labels = labels_of(input_)}});
    for (const Component& component : input_.foundation.components) add_account(component);
    for (const Component& component : input_.foundation.components)
      for (const Member& member : component.members) add(member_service(input_, component, member));
    for (const Endpoint& endpoint : input_.foundation.endpoints) {
      add(endpoint_service(input_, endpoint));
      for (Service& service : published_services(input_, endpoint)) add(std::move(service));
    }
    for (NetworkPolicy& policy : policies_of(input_)) add(std::move(policy));
    for (const Component& component : input_.foundation.components)
      if (component.members.size() > 1) add(PodDisruptionBudget{.meta = meta_of(component), .pods = pods_of(input_, component), .max_unavailable = 1});
    return std::move(out_);
  }

 private:
  void add(Object object) { out_.push_back(std::move(object)); }

  Meta meta_of(const Component& component) const { return {component.name, input_.cluster.space, labels_of(input_, component)}; }

  void add_account(const Component& component) {
    add(ServiceAccount{.meta = meta_of(component)});
    if (!elects(component)) return;
    add(Role{meta_of(component), election_rules(component)});
    add(RoleBinding{meta_of(component), component.name, {component.name}});
  }

  const ManifestInput& input_;
  std::vector<Object> out_;
};

bool is_asked_inside(const Component& component) {
  const Verbs& verbs = component.kind->verbs;
  return verbs.observe_provision != nullptr || verbs.observe_live != nullptr || verbs.roles != nullptr;
}

}  // namespace

FolderFiles pod_files(const Foundation& foundation) {
  FolderFiles out;
  add_client_files(foundation, out);
  const ContainerUsers users = pod_users();
  for (const PlacedInstance& placed : instances_of(foundation)) container_files(placed, users, out);
  return out;
}

Result<Manifests> manifests_of(const ManifestInput& input) {
  Manifests out{Shared(input).build(), {}};
  for (const PlacedInstance& placed : instances_of(input.foundation)) {
    KEELSON_TRY(out.instances[placed.instance->name], instance_objects(input, placed));
  }
  return out;
}

Errors unsupported(const Foundation& foundation) {
  Errors out = container_refusals(foundation, "Kubernetes");
  for (const Component& component : foundation.components)
    if (is_asked_inside(component) && !carries_keelson(component))
      out.push_back({ErrorCode::not_supported, "components." + entry_of(component) + " cannot run on Kubernetes", {},
                     component.name + " is asked by keelson from inside its pods, and keelson is not in " + component.image, "take " + component.image + " out of images: keelson's own image is used then"});
  return out;
}

}  // namespace keelson::kubernetes
