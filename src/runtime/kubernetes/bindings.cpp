#include "runtime/kubernetes/bindings.h"

#include <algorithm>

namespace keelson::kubernetes {
namespace {

bool holds(const std::vector<std::string>& all, const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); }

/// Which of the accounts a subject is; "every account" for a group of all; "" = none of them.
std::string whom(const Json& subject, const std::string& space, const std::vector<std::string>& accounts) {
  const std::string& name = subject["name"].as_string();
  if (subject["kind"].as_string() == "ServiceAccount") return subject["namespace"].as_string() == space && holds(accounts, name) ? name : std::string();
  const std::string user = "system:serviceaccount:" + space + ":";
  if (subject["kind"].as_string() == "User") return name.starts_with(user) && holds(accounts, name.substr(user.size())) ? name.substr(user.size()) : std::string();
  const bool all = name == "system:serviceaccounts" || name == "system:serviceaccounts:" + space || name == "system:authenticated";
  return all ? "every account" : std::string();
}

bool is_declared(const Json& binding, const std::string& account, const std::vector<RoleBinding>& declared) {
  return binding["kind"].as_string() == RoleBinding::kType.kind && std::any_of(declared.begin(), declared.end(), [&](const RoleBinding& one) {
    return one.meta.name == binding["metadata"]["name"].as_string() && one.role == binding["roleRef"]["name"].as_string() && binding["roleRef"]["kind"].as_string() == Role::kType.kind && holds(one.accounts, account);
  });
}

}  // namespace

std::vector<std::string> excess_bindings(const std::vector<Json>& bindings, const std::string& space, const std::vector<std::string>& accounts, const std::vector<RoleBinding>& declared) {
  std::vector<std::string> out;
  for (const Json& binding : bindings) {
    const Json& meta = binding["metadata"];
    if (meta["name"].as_string().starts_with("system:") && meta["labels"]["kubernetes.io/bootstrapping"].as_string() == "rbac-defaults") continue;
    for (const Json& subject : binding["subjects"].items()) {
      const std::string account = whom(subject, space, accounts);
      if (account.empty() || is_declared(binding, account, declared)) continue;
      std::string kind = binding["kind"].as_string();
      std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      out.push_back(account + ": " + kind + "/" + binding["metadata"]["name"].as_string() + " gives " + binding["roleRef"]["name"].as_string());
    }
  }
  return out;
}

}  // namespace keelson::kubernetes
