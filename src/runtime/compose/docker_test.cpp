#include "runtime/compose/docker.h"

#include <gtest/gtest.h>

#include "system/temporary_directory.h"

namespace keelson::compose {
namespace {

// As Docker 20.10.24 answers, shortened.
constexpr const char* kInspected = R"([
{"Id": "0a1b", "Name": "/shop-redis-1-1", "RestartCount": 2, "Image": "sha256:9f", "State": {"Status": "running", "Pid": 4711, "ExitCode": 0, "StartedAt": "2026-11-28T08:22:08.388123456Z",
  "Health": {"Status": "healthy"}}, "Config": {"Labels": {"com.docker.compose.service": "redis-1", "com.docker.compose.container-number": "1", "com.docker.compose.oneoff": "False", "keelson.digest": "8c45", "keelson.owner": "77aa"}}},
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
  EXPECT_EQ(container.name, "shop-redis-1-1");
  EXPECT_EQ(container.number, 1);
  EXPECT_FALSE(container.one_off);
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

TEST(Docker, one_more_of_a_service_is_told_by_its_name_and_what_somebody_runs_for_a_moment_is_left_out) {
  const auto labelled = [](const std::string& id, const std::string& name, const std::string& number, const std::string& one_off) {
    return R"({"Id": ")" + id + R"(", "Name": "/)" + name + R"(", "Config": {"Labels": {"com.docker.compose.service": "redis-1", "com.docker.compose.container-number": ")" + number +
           R"(", "com.docker.compose.oneoff": ")" + one_off + "\"}}}";
  };
  const auto containers = parse_containers("[" + labelled("b", "shop-redis-1-2", "2", "False") + "," + labelled("c", "shop-redis-1-run-77", "1", "True") + "," +
                                           labelled("a", "shop-redis-1-1", "1", "False") + "]");
  ASSERT_TRUE(containers) << describe(containers.error());
  const auto found = by_service(*containers);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found.at("redis-1").id, "a");
  EXPECT_EQ(found.at("shop-redis-1-2").id, "b");
}

/// A client that always fails in the same words.
struct Failing : Commands {
  explicit Failing(std::string words) : said(std::move(words)) {}
  std::string said;
  Result<CommandOutput> run(const std::vector<std::string>&, const CommandOptions&) override { return CommandOutput{1, {}, said}; }
};

/// What is told when the engine refuses to remove a volume in these words.
Error told_of(const std::string& said) {
  TemporaryDirectory dir;
  RealFiles real;
  Files& files = real;
  EXPECT_TRUE(files.write(dir / "docker", "", 0755));
  ::setenv("PATH", dir.path().c_str(), 1);
  Failing client(said);
  const auto docker = Docker::find(files, client);
  if (!docker) return docker.error();
  return (*docker)->remove_kept({"shop_redis-1-data"}, Docker::Kept::volume).error();
}

TEST(Docker, a_refusal_says_why_in_the_engines_words_and_how_to_see_all_of_it) {
  const Error error = told_of("Error response from daemon: remove shop_redis-1-data: volume is in use\n");
  EXPECT_EQ(error.why, "Error response from daemon: remove shop_redis-1-data: volume is in use");
  EXPECT_EQ(error.next, "the same by hand tells all of it: docker volume rm shop_redis-1-data");
}

TEST(Docker, an_engine_that_does_not_answer_is_refused_with_what_to_ask) {
  const Error error = told_of("Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?\n");
  EXPECT_EQ(error.code, ErrorCode::preflight_refused);
  EXPECT_NE(error.next.find("docker info"), std::string::npos);
}

TEST(Docker, what_is_not_json_is_an_error) { EXPECT_FALSE(parse_containers("Error: No such container")); }

}  // namespace
}  // namespace keelson::compose
