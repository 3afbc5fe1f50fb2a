#pragma once
#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

/// What may be done with some objects of the role's namespace.
struct Rule {
  std::vector<std::string> groups;     ///< "" = the core group
  std::vector<std::string> resources;  ///< "endpoints", "pods/exec"
  std::vector<std::string> verbs;
  std::vector<std::string> names = {};  ///< only these objects; empty = all (`create` and `list` cannot be limited so)
};

struct Role {
  static constexpr ApiType kType{"rbac.authorization.k8s.io/v1", "Role", "roles.rbac.authorization.k8s.io"};
  Meta meta;
  std::vector<Rule> rules;
};

/// Gives a role to service accounts, all of one namespace.
struct RoleBinding {
  static constexpr ApiType kType{"rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings.rbac.authorization.k8s.io"};
  Meta meta;
  std::string role;
  std::vector<std::string> accounts;
};

Json json(const Role& role);
Json json(const RoleBinding& binding);

}  // namespace keelson::kubernetes
