#include "runtime/kubernetes/role.h"

namespace keelson::kubernetes {

namespace {

Json rule_json(const Rule& rule) {
  Json out = Json::object().set("apiGroups", json(rule.groups)).set("resources", json(rule.resources));
  if (!rule.names.empty()) out.set("resourceNames", json(rule.names));
  return out.set("verbs", json(rule.verbs));
}

}  // namespace

Json json(const Role& role) { return head(Role::kType, role.meta).set("rules", each(role.rules, rule_json)); }

Json json(const RoleBinding& binding) {
  const auto subject = [&](const std::string& account) { return Json::object().set("kind", "ServiceAccount").set("name", account).set("namespace", binding.meta.space); };
  return head(RoleBinding::kType, binding.meta)
      .set("roleRef", Json::object().set("apiGroup", "rbac.authorization.k8s.io").set("kind", "Role").set("name", binding.role))
      .set("subjects", each(binding.accounts, subject));
}

}  // namespace keelson::kubernetes
