#include "runtime/kubernetes/fitness.h"

#include <gtest/gtest.h>

#include "runtime/kubernetes/test_foundation.h"

namespace keelson::kubernetes {
namespace {

using Verdict = Fitness::Verdict;

Json named(const char* name) { return Json::object().set("metadata", Json::object().set("name", name)); }

Json storage_class(const char* name, bool standard) {
  Json meta = Json::object().set("name", name);
  if (standard) meta.set("annotations", Json::object().set("storageclass.kubernetes.io/is-default-class", "true"));
  return Json::object().set("metadata", meta);
}

Json node(const char* memory, const char* ready) {
  const Json condition = Json::object().set("type", "Ready").set("status", ready);
  return named("n").set("status", Json::object().set("allocatable", Json::object().set("memory", memory)).set("conditions", Json::array().push(condition)));
}

TEST(Fitness, AClusterOlderThanTheFieldsThatAreWrittenFails) {
  EXPECT_EQ(judge_versions({"v1.27.1", "v1.27.9"}).verdict, Verdict::fail);
  EXPECT_EQ(judge_versions({"v1.34.1", "v1.28.0"}).verdict, Verdict::warn) << "a client of another time";
  EXPECT_EQ(judge_versions({"v1.32.4", "v1.33.4"}).verdict, Verdict::ok);
}

TEST(Fitness, VolumesNeedAStorageClass) {
  const Asked volumes{.volumes = true};
  EXPECT_EQ(judge_storage({}, "", volumes).verdict, Verdict::fail);
  EXPECT_EQ(judge_storage({storage_class("fast", false)}, "", volumes).verdict, Verdict::fail) << "none is the default";
  EXPECT_EQ(judge_storage({storage_class("fast", false)}, "fast", volumes).verdict, Verdict::ok);
  EXPECT_EQ(judge_storage({storage_class("fast", true)}, "slow", volumes).verdict, Verdict::fail);
  EXPECT_EQ(judge_storage({storage_class("fast", true)}, "", volumes).verdict, Verdict::ok);
  EXPECT_EQ(judge_storage({}, "", {}).verdict, Verdict::ok) << "nothing asks for a volume";
}

TEST(Fitness, NodesMustHaveTheRoomInAllAndForTheLargestPod) {
  const Asked asked{.memory = 3LL << 30, .largest = 2LL << 30, .members = 1};
  EXPECT_EQ(judge_nodes({node("4Gi", "True")}, asked).verdict, Verdict::ok);
  EXPECT_EQ(judge_nodes({node("4Gi", "False")}, asked).verdict, Verdict::fail) << "it takes no pods";
  EXPECT_EQ(judge_nodes({node("1Gi", "True"), node("1Gi", "True"), node("1Gi", "True")}, asked).verdict, Verdict::fail) << "none has room for the largest";
  EXPECT_EQ(judge_nodes({node("4Gi", "True")}, {.memory = 1, .largest = 1, .members = 3}).verdict, Verdict::warn) << "one node for three members";
}

TEST(Fitness, AQuotaThatLeavesTooLittleIsTold) {
  const auto quota = [](const char* hard, const char* used) {
    return named("q").set("status", Json::object().set("hard", Json::object().set("requests.memory", hard)).set("used", Json::object().set("requests.memory", used)));
  };
  EXPECT_EQ(judge_quotas({quota("4Gi", "3Gi")}, {.memory = 2LL << 30}).verdict, Verdict::warn);
  EXPECT_EQ(judge_quotas({quota("4Gi", "1Gi")}, {.memory = 2LL << 30}).verdict, Verdict::ok);
}

TEST(Fitness, WhatTheUserMayNotDoIsNamed) {
  const Fitness told = judge_rights({{"create", "", "pods", "exec", "shop"}, {"patch", "apps", "statefulsets"}}, 9);
  EXPECT_EQ(told.verdict, Verdict::fail);
  EXPECT_EQ(told.evidence, "this user may not: create pods/exec, patch statefulsets.apps");
  EXPECT_EQ(judge_rights({}, 9).verdict, Verdict::ok);
}

TEST(Fitness, WhatIsAskedForIsWhatPodsRequest) {
  const Asked asked = asked_by(TestFoundation(kRedis).foundation);
  EXPECT_EQ(asked.members, 3);
  EXPECT_TRUE(asked.volumes);
  EXPECT_GE(asked.memory, 3 * asked.largest);
}

}  // namespace
}  // namespace keelson::kubernetes
