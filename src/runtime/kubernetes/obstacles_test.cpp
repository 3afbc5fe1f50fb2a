#include "runtime/kubernetes/obstacles.h"

#include <gmock/gmock.h>

namespace keelson::kubernetes {
namespace {

using ::testing::HasSubstr;

Json read(const std::string& text) {
  const auto json = parse_json(text);
  if (!json) ADD_FAILURE() << describe(json.error());
  return json.value_or(Json());
}

Json event(const std::string& uid, const std::string& message) {
  const Json set = Json::object().set("kind", "StatefulSet").set("name", "redis-1").set("uid", uid);
  return Json::object().set("reason", "FailedCreate").set("message", message).set("involvedObject", set);
}

const Json kSet = read(R"({"kind":"StatefulSet","metadata":{"name":"redis-1","uid":"new"}})");

TEST(Obstacles, a_namespace_that_was_deleted_says_what_holds_it) {
  const auto error = going_away(read(R"({"kind":"Namespace","metadata":{"name":"shop","deletionTimestamp":"2026-11-28T11:00:00Z"},"status":{"phase":"Terminating","conditions":[
    {"type":"NamespaceContentRemaining","status":"True","message":"Some resources are remaining: configmaps. has 1 resource instances"},
    {"type":"NamespaceDeletionDiscoveryFailure","status":"False","message":"All resources successfully discovered"},
    {"type":"NamespaceFinalizersRemaining","status":"True","message":"Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances"}]}})"));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, ErrorCode::preflight_refused);
  EXPECT_EQ(error->where, "namespace/shop");
  EXPECT_THAT(error->why, HasSubstr("configmaps. has 1 resource instances; Some content in the namespace has finalizers remaining: example.com/hold"));
  EXPECT_THAT(error->why, ::testing::Not(HasSubstr("discovered")));
}

TEST(Obstacles, a_namespace_that_stays_is_none) { EXPECT_FALSE(going_away(read(R"({"kind":"Namespace","metadata":{"name":"shop"},"status":{"phase":"Active"}})"))); }

TEST(Obstacles, a_pod_that_a_quota_refuses_is_told_with_the_quota) {
  const auto error = refused_pod({event("new", "create Pod redis-1-0 in StatefulSet redis-1 failed error: pods \"redis-1-0\" is forbidden: exceeded quota: small, "
                                               "requested: requests.memory=64Mi, used: requests.memory=0, limited: requests.memory=32Mi")}, kSet);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, "the namespace's quota is exceeded");
  EXPECT_EQ(error->where, "pods/redis-1-0");
  EXPECT_THAT(error->why, HasSubstr("quota small: requested: requests.memory=64Mi"));
}

TEST(Obstacles, a_pod_that_is_refused_for_another_reason_is_told_in_the_servers_words) {
  const auto error = refused_pod({event("new", "create Pod redis-1-0 in StatefulSet redis-1 failed error: admission webhook \"policy.example.com\" denied the request: no")}, kSet);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->what, "its pod is refused");
  EXPECT_EQ(error->why, "admission webhook \"policy.example.com\" denied the request: no");
}

TEST(Obstacles, what_befell_a_set_of_this_name_before_is_past) { EXPECT_FALSE(refused_pod({event("old", "create Pod redis-1-0 in StatefulSet redis-1 failed error: no")}, kSet)); }

}  // namespace
}  // namespace keelson::kubernetes
