#pragma once
#include <array>
#include <variant>

#include "runtime/kubernetes/config_map.h"
#include "runtime/kubernetes/namespace.h"
#include "runtime/kubernetes/network_policy.h"
#include "runtime/kubernetes/pod_disruption_budget.h"
#include "runtime/kubernetes/role.h"
#include "runtime/kubernetes/secret_object.h"
#include "runtime/kubernetes/service.h"
#include "runtime/kubernetes/service_account.h"
#include "runtime/kubernetes/stateful_set.h"

namespace keelson::kubernetes {

/// Any object that keelson writes; in an order in which they can be made.
using Object = std::variant<Namespace, ServiceAccount, Role, RoleBinding, ConfigMap, SecretObject, Service, NetworkPolicy, PodDisruptionBudget, StatefulSet>;

/// The kinds that live in a namespace, in that order.
inline constexpr std::array<ApiType, 9> kNamespacedTypes{ServiceAccount::kType, Role::kType,          RoleBinding::kType,         ConfigMap::kType,  SecretObject::kType,
                                                         Service::kType,        NetworkPolicy::kType, PodDisruptionBudget::kType, StatefulSet::kType};
static_assert(kNamespacedTypes.size() + 1 == std::variant_size_v<Object>);

ApiType type_of(const Object& object);
const Meta& meta_of(const Object& object);

/// Without the values of secrets.
Json json(const Object& object);
Result<Json> json(const Object& object, const SecretLookup& lookup);

/// A YAML stream, byte for byte the same for the same objects, in the order given. Without the values of secrets: for people, version control, and
/// whatever holds none.
std::string yaml_of(const std::vector<Object>& objects);
/// The same with them: for a file that only its owner reads.
Result<Secret> yaml_of(const std::vector<Object>& objects, const SecretLookup& lookup);

/// One JSON `List` with the values of secrets: what `kubectl apply` reads.
Result<Secret> list_of(const std::vector<Object>& objects, const SecretLookup& lookup);

}  // namespace keelson::kubernetes
