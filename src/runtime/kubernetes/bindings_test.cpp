#include "runtime/kubernetes/bindings.h"

#include <gtest/gtest.h>

namespace keelson::kubernetes {
namespace {

const std::vector<std::string> kAccounts{"postgresql", "redis"};
const std::vector<RoleBinding> kDeclared{{{"postgresql", "shop"}, "postgresql", {"postgresql"}}};

Json subject(const char* kind, const char* name, const char* space) {
  Json out = Json::object().set("kind", kind).set("name", name);
  if (*space != '\0') out.set("namespace", space);
  return out;
}

Json binding(const char* kind, const char* name, const char* role_kind, const char* role, const Json& who) {
  return Json::object()
      .set("kind", kind)
      .set("metadata", Json::object().set("name", name))
      .set("roleRef", Json::object().set("kind", role_kind).set("name", role))
      .set("subjects", Json::array().push(who));
}

std::vector<std::string> excess(const Json& one) { return excess_bindings({one}, "shop", kAccounts, kDeclared); }

TEST(ExcessBindings, WhatWasDeclaredIsNone) {
  EXPECT_TRUE(excess(binding("RoleBinding", "postgresql", "Role", "postgresql", subject("ServiceAccount", "postgresql", "shop"))).empty());
}

TEST(ExcessBindings, ADeclaredNameThatLeadsToAnotherRoleIsOne) {
  EXPECT_EQ(excess(binding("RoleBinding", "postgresql", "ClusterRole", "postgresql", subject("ServiceAccount", "postgresql", "shop"))),
            std::vector<std::string>{"postgresql: rolebinding/postgresql gives postgresql"});
}

TEST(ExcessBindings, AnAccountGivenMoreIsToldWithWhatGivesIt) {
  EXPECT_EQ(excess(binding("ClusterRoleBinding", "oops", "ClusterRole", "cluster-admin", subject("ServiceAccount", "redis", "shop"))), std::vector<std::string>{"redis: clusterrolebinding/oops gives cluster-admin"});
  EXPECT_EQ(excess(binding("ClusterRoleBinding", "oops", "ClusterRole", "cluster-admin", subject("User", "system:serviceaccount:shop:redis", ""))),
            std::vector<std::string>{"redis: clusterrolebinding/oops gives cluster-admin"});
}

TEST(ExcessBindings, GroupsOfAllAccountsCount) {
  EXPECT_EQ(excess(binding("ClusterRoleBinding", "all", "ClusterRole", "view", subject("Group", "system:serviceaccounts:shop", ""))), std::vector<std::string>{"every account: clusterrolebinding/all gives view"});
}

TEST(ExcessBindings, OthersAccountsAndTheClustersOwnBindingsDoNot) {
  EXPECT_TRUE(excess(binding("ClusterRoleBinding", "x", "ClusterRole", "cluster-admin", subject("ServiceAccount", "redis", "elsewhere"))).empty());
  EXPECT_TRUE(excess(binding("ClusterRoleBinding", "x", "ClusterRole", "cluster-admin", subject("Group", "system:masters", ""))).empty());
  Json own = binding("ClusterRoleBinding", "system:basic-user", "ClusterRole", "system:basic-user", subject("Group", "system:authenticated", ""));
  own.set("metadata", Json::object().set("name", "system:basic-user").set("labels", Json::object().set("kubernetes.io/bootstrapping", "rbac-defaults")));
  EXPECT_TRUE(excess(own).empty());
  own.set("metadata", Json::object().set("name", "by-mistake").set("labels", Json::object().set("kubernetes.io/bootstrapping", "rbac-defaults")));
  EXPECT_FALSE(excess(own).empty()) << "anybody may set that label";
}

}  // namespace
}  // namespace keelson::kubernetes
