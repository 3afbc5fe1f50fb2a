// Leaders under a real agent: the loop's probes and the workers' verbs share secrets, state and the instance itself.
#include <signal.h>

#include <array>
#include <memory>

#include "agent_fixture.h"
#include "agent_leader.h"
#include "security/secret_store.h"
#include "system/files.h"

namespace keelson::live {
namespace {

constexpr const char* kSecret = "test/leader";

bool died_leading(const std::string&, const std::string& role, const std::optional<ExitStatus>&) { return role == "primary"; }

Release release(World& world, const std::string&, const std::string&) {
  const auto secret = world.secret(kSecret);
  if (!secret) return {{}, "no-secret", describe(secret.error()), true};
  return {"other", {}, "the test's own", true};
}

Result<void> settle(World&, const std::string&) { return {}; }

Result<void> steer(World& world, const std::string&) {
  for (int i = 0; i < 100; ++i)
    if (auto secret = world.secret(kSecret); !secret) return tl::unexpected(std::move(secret).error());
  return {};
}

constexpr Kind kLeader{.name = "test-leader",
                       .summary = "gives every leadership up",
                       .leader = {.died_leading = died_leading, .release = release, .settle = settle, .steer = steer}};

}  // namespace

Catalog leader_catalog() {
  static constexpr std::array<const Kind*, 1> kinds{&kLeader};
  return kinds;
}

}  // namespace keelson::live

namespace keelson::native {
namespace {

struct LeaderTest : AgentTest {
  RealFiles files;
  RealRandom random;
  std::unique_ptr<KeyFile> key;
  std::unique_ptr<SecretStore> store;

  void SetUp() override {
    AgentTest::SetUp();
    if (find_cgroup_roots(std::to_string(getpid())).processes.empty()) GTEST_SKIP() << "no cgroups here: nothing is released";
    key = std::make_unique<KeyFile>(options.key_file, random);
    auto opened = SecretStore::open(files, random, *key, directory.path() + "/secrets.enc");
    ASSERT_TRUE(opened) << describe(opened.error());
    store = std::move(*opened);
    ASSERT_TRUE(store->ensure({live::kSecret, "the leader's"}, random));
  }
  ProcessSpec leader(const std::string& name) {
    ProcessSpec spec = child(name, {"redis", address, std::to_string(port + 1)});
    spec.component = name;  // endpoints are steered once a component: three at once
    spec.ready.protocol = ProbeProtocol::redis;
    spec.ready.request = "ROLE";
    spec.ready.user = "probe";
    spec.ready.secret = live::kSecret;
    spec.leadership.kind = "test-leader";
    return spec;
  }
  std::string decision(const std::string& member) {
    const auto events = client->events(0, 0);
    if (events)
      for (const Json& event : *events)
        if (event["kind"].as_string() == "leader-release" && event["member"].as_string() == member) return event["decision"].as_string();
    return {};
  }
};

TEST_F(LeaderTest, leaders_that_die_together_are_each_released_before_they_start_again) {
  for (const char* name : {"one", "two", "three"}) bring_up(leader(name));
  EXPECT_EQ(status("one").role, "primary");
  for (const char* name : {"one", "two", "three"}) ::kill(status(name).pids.at(0), SIGKILL);
  for (const char* name : {"one", "two", "three"}) {
    EXPECT_TRUE(within(20'000, [&] { const auto now = status(name); return now.life == Life::ready && now.restarts == 1; })) << status(name).detail;
    EXPECT_EQ(decision(name), "released to other");
  }
}

TEST_F(LeaderTest, a_secret_that_changes_is_read_anew_by_probes_and_verbs_at_once) {
  for (const char* name : {"one", "two", "three"}) bring_up(leader(name));
  for (int round = 0; round < 8; ++round) {
    ASSERT_TRUE(store->put(live::kSecret, Secret(fmt::format("rotated {}", round))));
    for (const char* name : {"one", "two", "three"}) ASSERT_TRUE(client->restart(name));
    for (const char* name : {"one", "two", "three"})
      ASSERT_TRUE(within(10'000, [&] { const auto now = status(name); return now.life == Life::ready && now.restarts == round + 1; })) << status(name).detail;
  }
}

}  // namespace
}  // namespace keelson::native
