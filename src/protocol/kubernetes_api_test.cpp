#include "protocol/kubernetes_api.h"

#include <gtest/gtest.h>

#include "protocol/kubernetes_api_for_tests.h"

namespace keelson {
namespace {

using Age = KubernetesApi::Age;
using Written = KubernetesApi::Written;
constexpr KubernetesKind kMap = KubernetesKind::config_map;

TEST(KubernetesApi, lists_the_metadata_of_what_has_all_labels) {
  ApiForTests server;
  server.put("configmaps", "one", {{"app.kubernetes.io/part-of", "shop"}}, {{"leader", "a"}});
  server.put("configmaps", "other", {{"app.kubernetes.io/part-of", "bazaar"}}, {});
  KubernetesApi api(server.place());
  const auto found = api.list(kMap, {{"app.kubernetes.io/part-of", "shop"}}, Age::latest);
  ASSERT_TRUE(found) << describe(found.error());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().name, "one");
  EXPECT_EQ(found->front().annotations, (std::map<std::string, std::string>{{"leader", "a"}}));
  EXPECT_FALSE(found->front().ending);
}

TEST(KubernetesApi, changes_annotations_of_the_revision_that_was_seen_and_leaves_the_others) {
  ApiForTests server;
  server.put("configmaps", "one", {}, {{"leader", "a"}, {"optime", "7"}});
  KubernetesApi api(server.place());
  const std::int64_t seen = api.list(kMap, {}, Age::latest)->front().revision;
  EXPECT_EQ(api.annotate(kMap, "one", {{"leader", "b"}}, seen), Written::yes);
  EXPECT_EQ(server.annotations("configmaps", "one"), (ApiForTests::Map{{"leader", "b"}, {"optime", "7"}}));
  EXPECT_EQ(api.annotate(kMap, "one", {{"leader", "c"}}, seen), Written::changed_meanwhile);
  EXPECT_EQ(api.annotate(kMap, "one", {{"leader", "c"}}, std::nullopt), Written::yes) << "whichever it has";
  EXPECT_EQ(api.annotate(kMap, "two", {{"leader", "c"}}, std::nullopt), Written::absent);
}

TEST(KubernetesApi, tells_a_request_that_is_refused_or_gets_no_answer) {
  ApiForTests server;
  server.put("configmaps", "one", {}, {});
  KubernetesPlace place = server.place();
  place.token_file = "/nonexistent/token";
  EXPECT_EQ(KubernetesApi(place).list(kMap, {}, Age::latest).error().where, "/nonexistent/token");
  KubernetesApi api(server.place());
  server.next_patch(ApiForTests::Fate::unanswered);
  EXPECT_FALSE(api.annotate(kMap, "one", {{"leader", "b"}}, std::nullopt));
  EXPECT_EQ(server.annotations("configmaps", "one").at("leader"), "b") << "and yet it happened";
}

TEST(KubernetesApi, is_found_in_a_pod_only) {
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_FALSE(kubernetes_place_here("shop"));
  ::setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1", 1);
  ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  EXPECT_EQ(kubernetes_place_here("shop")->host, "10.96.0.1");
  EXPECT_EQ(kubernetes_place_here("shop")->port, 443);
  ::unsetenv("KUBERNETES_SERVICE_HOST");
}

}  // namespace
}  // namespace keelson
