#include "runtime/compose/docker.h"

#include <gtest/gtest.h>

namespace keelson::compose {
namespace {

// As Docker 20.10.24 answers, shortened.
constexpr const char* kInspected = R"([
{"Id": "0a1b", "RestartCount": 2, "Image": "sha256:9f", "State": {"Status": "running", "Pid": 4711, "ExitCode": 0, "StartedAt": "2026-11-28T08:22:08.388123456Z",
  "Health": {"Status": "healthy"}}, "Config": {"Labels": {"com.docker.compose.service": "redis-1", "keelson.digest": "8c45", "keelson.owner": "77aa"}}},
{"Id": "2c3d", "State": {"Status": "created", "Pid": 0, "ExitCode": 0, "StartedAt": "0001-01-01T00:00:00Z"}, "Config": {"Labels": {"com.docker.compose.service": "redis-2"}}}])";

TEST(Docker, tells_a_running_container) {
  const auto containers = parse_containers(kInspected);
  ASSERT_TRUE(containers) << describe(containers.error());
  const Container& container = containers->at(0);
  EXPECT_EQ(container.service, "redis-1");
  EXPECT_EQ(container.state, "running");
  EXPECT_EQ(container.health, "healthy");
  EXPECT_EQ(container.image_id, "sha256:9f");
  EXPECT_EQ(container.digest, "8c45");
  EXPECT_EQ(container.owner, "77aa");
  EXPECT_EQ(container.pid, 4711);
  EXPECT_EQ(container.restarts, 2);
  EXPECT_EQ(container.started_ms, 1'795'854'128'388);
}

TEST(Docker, a_container_that_never_started_has_no_time_and_no_health) {
  const Container container = parse_containers(kInspected).value().at(1);
  EXPECT_EQ(container.started_ms, 0);
  EXPECT_EQ(container.health, "");
  EXPECT_EQ(container.digest, "");
  EXPECT_EQ(container.owner, "") << "somebody else's";
}

TEST(Docker, what_is_not_json_is_an_error) { EXPECT_FALSE(parse_containers("Error: No such container")); }

}  // namespace
}  // namespace keelson::compose
