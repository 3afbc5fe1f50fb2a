// What sabotages have done to instances that are pods of a cluster: objects that somebody else could have made or changed as well.
#include "runtime/kubernetes/instance_objects.h"
#include "runtime/kubernetes/kubernetes_runtime.h"
#include "runtime/kubernetes/seat.h"
#include "runtime/nothing_to_damage.h"

namespace keelson::kubernetes {
namespace {

constexpr const char* kIntruder = "keelson-sabotage";

/// Whoever is in the foundation may be reached, and may reach anybody.
NetworkPolicy open_policy(const Meta& meta, const std::string& foundation) {
  return {.meta = meta, .pods = {{kPartOf, foundation}}, .ingress = {PolicyRule{}}, .egress = {PolicyRule{}}};
}

}  // namespace

/// What is to be applied: the objects of the instance changed, or new ones.
Result<std::vector<Object>> KubernetesRuntime::harmed(Harm harm, const PlacedInstance& placed) {
  // Marked as what clients make, which `down` removes.
  const Meta intruder{kIntruder, site_.cluster.space, {{kManagedBy, kSeatManager}, {kOwner, site_.owner}}};
  if (harm == Harm::opened) return std::vector<Object>{open_policy(intruder, site_.foundation)};
  if (harm == Harm::privileged)
    return std::vector<Object>{Role{intruder, {Rule{{""}, {"secrets"}, {"get", "list"}}}}, RoleBinding{intruder, kIntruder, {placed.component->name}}};
  KEELSON_TRY(Manifests made, wanted());
  for (Object& object : made.instances[placed.instance->name]) {
    if (StatefulSet* set = std::get_if<StatefulSet>(&object); set != nullptr && harm == Harm::halted) {
      set->replicas = 0;
      return std::vector<Object>{std::move(object)};
    }
    if (ConfigMap* config = std::get_if<ConfigMap>(&object); config != nullptr && harm == Harm::edited && !config->data.empty()) {
      config->data.begin()->second += "# edited by hand\n";
      return std::vector<Object>{std::move(object)};
    }
  }
  return nothing_to_damage("nothing is given to " + placed.instance->name);
}

Result<void> KubernetesRuntime::may_harm(const Foundation&, Harm harm, const PlacedInstance& placed) {
  KEELSON_CHECK(harmed(harm, placed));
  return {};
}

Result<void> KubernetesRuntime::harm(const Foundation&, Harm harm, const PlacedInstance& placed) {
  KEELSON_TRY(const std::vector<Object> objects, harmed(harm, placed));
  return apply(objects);
}

Result<void> KubernetesRuntime::heal(const Foundation&, Harm harm, const PlacedInstance& placed) {
  const std::string& space = site_.cluster.space;
  if (harm == Harm::opened) return kubectl_->remove(space, {{"NetworkPolicy", space, kIntruder}}, Gone::waited_for);
  if (harm == Harm::privileged) return kubectl_->remove(space, {{"RoleBinding", space, kIntruder}, {"Role", space, kIntruder}}, Gone::waited_for);
  KEELSON_TRY(Manifests made, wanted());
  return apply(made.instances[placed.instance->name]);
}

}  // namespace keelson::kubernetes
