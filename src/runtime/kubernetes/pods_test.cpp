#include "runtime/kubernetes/pods.h"

#include <gmock/gmock.h>

#include "runtime/client_program.h"

namespace keelson::kubernetes {
namespace {

using ::testing::HasSubstr;

/// As `kubectl get pods -o json` of 1.34 tells one, shortened.
Pod pod(const std::string& spec, const std::string& status) {
  const auto json = parse_json(R"({"kind":"Pod","metadata":{"name":"redis-1-0","labels":{"keelson.dev/instance":"redis-1","controller-revision-hash":"redis-1-7d"}},"spec":)" + spec + R"(,"status":)" + status + "}");
  if (!json) { ADD_FAILURE() << describe(json.error()); return {}; }
  const auto pods = pods_by_instance({*json});
  return pods.contains("redis-1") ? pods.at("redis-1") : Pod{};
}

TEST(Pods, one_that_serves_is_ready_since_its_container_runs) {
  const Pod seen = pod(R"({"nodeName":"node-1"})", R"({"phase":"Running","conditions":[{"type":"PodScheduled","status":"True"},{"type":"Ready","status":"True"}],
    "containerStatuses":[{"restartCount":2,"state":{"running":{"startedAt":"2026-11-28T08:22:08Z"}}}]})");
  EXPECT_TRUE(seen.ready);
  EXPECT_EQ(seen.revision, "redis-1-7d");
  EXPECT_EQ(seen.restarts, 2);
  EXPECT_EQ(seen.started_ms, 1'795'854'128'000);
  EXPECT_EQ(seen.trouble, "");
}

TEST(Pods, an_image_that_the_node_lacks_is_hopeless_and_says_on_which_node) {
  const Pod seen = pod(R"({"nodeName":"node-1"})", R"({"phase":"Pending","containerStatuses":[{"restartCount":0,"state":{"waiting":
    {"reason":"ErrImageNeverPull","message":"Container image \"keelson/redis:7.0\" is not present with pull policy of Never"}}}]})");
  EXPECT_TRUE(seen.hopeless);
  EXPECT_THAT(seen.trouble, HasSubstr("ErrImageNeverPull: Container image"));
  EXPECT_THAT(seen.next, HasSubstr("on node node-1"));
}

TEST(Pods, one_that_no_node_takes_may_still_be_taken) {
  const Pod seen = pod("{}", R"({"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."}]})");
  EXPECT_TRUE(seen.unplaced);
  EXPECT_FALSE(seen.hopeless);
  EXPECT_THAT(seen.trouble, HasSubstr("Unschedulable: 0/1 nodes"));
}

TEST(Pods, one_that_ends_again_and_again_is_hopeless_after_the_third_time) {
  const auto ended = [](int restarts) {
    return pod("{}", R"({"phase":"Running","containerStatuses":[{"restartCount":)" + std::to_string(restarts) +
                         R"(,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 40s"}},"lastState":{"terminated":{"exitCode":1,"reason":"Error"}}}]})");
  };
  EXPECT_FALSE(ended(2).hopeless);
  EXPECT_TRUE(ended(3).hopeless);
  EXPECT_EQ(ended(3).trouble, "its container ended with 1 (Error), restarted 3 times");
}

TEST(Pods, a_member_is_away_while_its_pod_is_not_there_not_ready_or_about_to_end) {
  const Pod serves{.name = {}, .phase = {}, .ready = true}, starts{}, ends{.name = {}, .phase = {}, .ready = true, .leaving = true};
  EXPECT_EQ(first_away({{"a", serves}, {"b", serves}}, {"a", "b"}), "");
  EXPECT_EQ(first_away({{"a", serves}, {"b", starts}}, {"a", "b"}), "b");
  EXPECT_EQ(first_away({{"a", ends}, {"b", serves}}, {"a", "b"}), "a");
  EXPECT_EQ(first_away({{"a", serves}}, {"a", "b"}), "b");
  EXPECT_EQ(first_away({{"a", serves}, {"c", starts}}, {"a"}), "") << "others are not asked about";
}

TEST(Pods, times_that_are_none_are_none) { EXPECT_EQ(wall_ms("yesterday"), 0); }

}  // namespace
}  // namespace keelson::kubernetes
