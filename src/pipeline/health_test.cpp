#include "pipeline/health.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

const Kind kRedis{.name = "redis", .summary = "", .verbs = {}};
const Kind kBalancer{.name = "haproxy", .summary = "", .verbs = {}};

Member member(const std::string& name, std::vector<std::string> instances = {}) {
  if (instances.empty()) instances = {name};
  Member result;
  result.name = name;
  for (std::string& instance : instances) result.instances.emplace_back().name = std::move(instance);
  return result;
}

/// Three Redis members, a balancer, a writing and a reading endpoint.
Foundation foundation() {
  Foundation f;
  f.name = "demo";
  Component redis;
  redis.name = "redis";
  redis.kind = &kRedis;
  redis.members = {member("redis-1"), member("redis-2"), member("redis-3", {"redis-3", "redis-sentinel-3"})};
  Component balancer;
  balancer.name = "redis-endpoints";
  balancer.kind = &kBalancer;
  balancer.companion_of = "redis";
  balancer.members = {member("redis-endpoints-1")};
  f.components = {redis, balancer};
  Endpoint master;
  master.name = "redis-master";
  master.component = "redis";
  master.port = 6379;
  Endpoint replica = master;
  replica.name = "redis-replica";
  replica.read_only = true;
  f.endpoints = {master, replica};
  return f;
}

InstanceStatus instance(const std::string& name, Life life = Life::ready, const std::string& role = {}) {
  InstanceStatus status;
  status.name = name;
  status.life = life;
  status.role = role;
  status.pids = {4711};
  return status;
}

std::vector<InstanceStatus> all_ready() {
  return {instance("redis-1", Life::ready, "primary"), instance("redis-2", Life::ready, "replica"), instance("redis-3", Life::ready, "replica"),
          instance("redis-sentinel-3"), instance("redis-endpoints-1")};
}

std::string state_of(const Json& status, const std::string& list, const std::string& name) {
  for (const Json& row : status[list].items())
    if (row["name"].as_string() == name) return row["state"].as_string();
  return "no such row";
}

TEST(Status, is_healthy_when_every_instance_is_ready) {
  const Json status = status_json(foundation(), all_ready());
  EXPECT_EQ(status["state"].as_string(), "healthy");
  EXPECT_TRUE(is_healthy(status));
  EXPECT_EQ(status["components"].items()[0]["members"].items()[0].dump(),
            R"({"name":"redis-1","role":"primary","state":"healthy","address":"","pids":[4711]})");
}

TEST(Status, of_a_member_is_that_of_its_worst_instance) {
  auto instances = all_ready();
  instances[3].life = Life::failed;
  const Json status = status_json(foundation(), instances);
  EXPECT_EQ(status["components"].items()[0]["members"].items()[2]["state"].as_string(), "failed");
  EXPECT_EQ(state_of(status, "components", "redis"), "degraded");
  EXPECT_FALSE(is_healthy(status));
}

TEST(Status, counts_an_instance_nobody_mentions_as_stopped) {
  auto instances = all_ready();
  instances.erase(instances.begin() + 1);
  const Json status = status_json(foundation(), instances);
  EXPECT_EQ(status["components"].items()[0]["members"].items()[1]["state"].as_string(), "stopped");
}

TEST(Status, calls_a_writing_endpoint_down_when_no_member_is_primary) {
  auto instances = all_ready();
  instances[0].role = "replica";
  const Json status = status_json(foundation(), instances);
  EXPECT_EQ(state_of(status, "endpoints", "redis-master"), "down");
  EXPECT_EQ(state_of(status, "endpoints", "redis-replica"), "healthy");
  EXPECT_EQ(status["state"].as_string(), "degraded");
}

TEST(Status, calls_endpoints_down_when_their_balancer_failed) {
  auto instances = all_ready();
  instances[4].life = Life::failed;
  const Json status = status_json(foundation(), instances);
  EXPECT_EQ(state_of(status, "endpoints", "redis-master"), "down");
  EXPECT_EQ(state_of(status, "endpoints", "redis-replica"), "down");
}

TEST(Status, says_starting_while_members_run_without_being_ready) {
  auto instances = all_ready();
  for (auto& status : instances) status.life = Life::running;
  const Json status = status_json(foundation(), instances);
  EXPECT_EQ(status["state"].as_string(), "starting");
  EXPECT_EQ(state_of(status, "endpoints", "redis-master"), "starting");
}

TEST(Status, of_a_stopped_foundation_is_stopped) {
  const Json status = status_json(foundation(), {});
  EXPECT_EQ(status["state"].as_string(), "stopped");
  EXPECT_EQ(state_of(status, "endpoints", "redis-master"), "stopped");
}

TEST(Status, is_unknown_throughout_when_no_supervisor_answers) {
  const Json status = unknown_status_json(foundation());
  EXPECT_EQ(status["state"].as_string(), "unknown");
  EXPECT_EQ(state_of(status, "components", "redis"), "unknown");
  EXPECT_EQ(state_of(status, "endpoints", "redis-replica"), "unknown");
}

}  // namespace
}  // namespace keelson
