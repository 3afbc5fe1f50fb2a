#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "components/redis/test_foundation.h"

namespace keelson::redis {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const Kind* kKinds[] = {&kRedis, &kRedisSentinel};

Settings with_members(std::int64_t members) {
  Settings settings;
  settings.emplace("members", SettingValue(members));
  return settings;
}

Foundation make(Settings settings = {}) {
  auto made = test_foundation(std::move(settings), kKinds, TestLayout());
  if (!made) ADD_FAILURE() << describe(made.error());
  return made ? *made : Foundation{};
}

std::string why_not(Settings settings) {
  const auto made = test_foundation(std::move(settings), kKinds, TestLayout());
  return made ? "accepted" : made.error().what;
}

std::string content(const Foundation& foundation, const std::string& instance, const std::string& path) {
  for (const ConfigFile& file : find_instance(foundation, instance)->files)
    if (file.path == path) return file.content.redacted();
  return "no such file";
}

std::string golden(const std::string& name) {
  std::ifstream in(std::string(TESTDATA) + "/" + name);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(Redis, ThreeMembersGetSentinelsAndTwoEndpoints) {
  const Foundation foundation = make();
  EXPECT_EQ(find_component(foundation, "redis")->members.size(), 3u);
  EXPECT_EQ(find_component(foundation, "redis-sentinel")->members.size(), 3u);
  ASSERT_EQ(foundation.endpoints.size(), 2u);
  EXPECT_EQ(foundation.endpoints[0].name, "redis-master");
  EXPECT_EQ(foundation.endpoints[0].check.request, "master");
  EXPECT_EQ(foundation.endpoints[1].name, "redis-replica");
  EXPECT_TRUE(foundation.endpoints[1].read_only);
}

TEST(Redis, OneMemberStandsAloneAndMakesNobodyWait) {
  const Foundation foundation = make(with_members(1));
  EXPECT_EQ(find_component(foundation, "redis-sentinel"), nullptr);
  ASSERT_EQ(foundation.endpoints.size(), 1u);
  const Instance* instance = find_instance(foundation, "redis-1");
  EXPECT_EQ(instance->launch, "");
  EXPECT_EQ(instance->command.back(), "/k/redis-1/config/static.conf");
  EXPECT_EQ(instance->live_settings.at("min-replicas-to-write"), "0");
  EXPECT_THAT(content(foundation, "redis-1", "static.conf"), Not(HasSubstr("masterauth")));
}

TEST(Redis, TwoMembersAreRefusedBecauseThereIsNoSafeMajority) { EXPECT_EQ(why_not(with_members(2)), "members is 2"); }

TEST(Redis, AsManyMinReplicasAsMembersAreRefusedBecauseNoWriteWouldBeTaken) {
  Settings settings;
  settings.emplace("min-replicas", SettingValue(std::int64_t{3}));
  EXPECT_EQ(why_not(std::move(settings)), "min-replicas is 3");
}

TEST(Redis, APublishedPlaceIsInTheCertificate) {
  Foundation foundation = make();
  foundation.endpoints[0].publish = {{"192.0.2.7", 6379, {"192.0.2.0/24"}}, {"0.0.0.0", 16379, {"0.0.0.0/0"}}};
  Member member = foundation.components[0].members[1];
  member.instances = {{.name = member.name}};
  ASSERT_TRUE(kRedis.verbs.render({foundation, foundation.components[0], TestLayout()}, member));
  const Certificate& certificate = member.instances[0].certificates[0];
  EXPECT_THAT(certificate.ip_addresses, testing::IsSupersetOf({"192.0.2.7", "127.0.0.1"}));
  EXPECT_THAT(certificate.ip_addresses, testing::Not(testing::Contains("0.0.0.0")));
  EXPECT_THAT(certificate.dns_names, testing::IsSupersetOf({"localhost", "redis-2.demo.internal", "redis-master", "redis-replica.demo.internal"}));
}

TEST(Redis, FilesAreTheGoldenOnes) {
  const Foundation foundation = make();
  for (const char* file : {"static.conf", "live.conf", "users.acl", "launch.json"})
    EXPECT_EQ(content(foundation, "redis-2", file), golden("redis-2." + std::string(file))) << file;
  for (const char* file : {"sentinel.conf", "users.acl"})
    EXPECT_EQ(content(foundation, "redis-sentinel-3", file), golden("redis-sentinel-3." + std::string(file))) << file;
}

TEST(Redis, WhoIsInsideTypesRedisCliWithoutAddressAndTls) {
  const Foundation foundation = make();
  const auto words = [&](const std::string& instance) { return find_instance(foundation, instance)->tools.at("redis-cli"); };
  EXPECT_THAT(words("redis-2"), testing::ElementsAre("/a/redis/usr/bin/redis-cli", "-h", "127.77.9.2", "-p", "6379", "--tls", "--cacert", "/k/redis-2/tls/trust.crt", "--user", "app"));
  EXPECT_THAT(words("redis-sentinel-1"), testing::AllOf(testing::Contains("26379"), testing::Not(testing::Contains("--user"))));
}

TEST(Redis, EverySecretInAFileIsOneTheComponentDeclares) {
  const Foundation foundation = make();
  int references = 0;
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      for (const ConfigFile& file : member.instances.at(0).files)
        for (const Text::Piece& piece : file.content.pieces()) {
          const auto* secret = std::get_if<SecretRef>(&piece);
          if (secret == nullptr) continue;
          ++references;
          EXPECT_TRUE(std::any_of(foundation.secrets.begin(), foundation.secrets.end(), [&](const SecretSpec& s) { return s.name == secret->name; }))
              << secret->name;
        }
  EXPECT_GT(references, 20);
}

TEST(Redis, APinnedPasswordAppearsInNoFile) {
  Settings settings;
  settings.emplace("password", SettingValue(std::string("hunter2 \"$x")));
  const Foundation foundation = make(std::move(settings));
  EXPECT_EQ(foundation.secrets.at(0).pinned, "hunter2 \"$x");
  for (const ConfigFile& file : find_instance(foundation, "redis-1")->files) EXPECT_THAT(file.content.redacted(), Not(HasSubstr("hunter2")));
}

TEST(Redis, AChangedMemoryTouchesOnlyTheFileThatNeedsNoRestart) {
  Settings more;
  more.emplace("memory", SettingValue(std::int64_t{1} << 30));
  const Foundation before = make(), after = make(std::move(more));
  const auto& old_files = find_instance(before, "redis-1")->files;
  const auto& new_files = find_instance(after, "redis-1")->files;
  for (std::size_t i = 0; i < old_files.size(); ++i)
    EXPECT_EQ(old_files[i] == new_files[i], old_files[i].on_change != Applies::live) << old_files[i].path;
}

TEST(Redis, MembersWaitForEverySentinelAndSentinelsForNobody) {
  const Foundation foundation = make();
  EXPECT_EQ(find_instance(foundation, "redis-1")->after, (std::vector<std::string>{"redis-sentinel-1", "redis-sentinel-2", "redis-sentinel-3"}));
  EXPECT_TRUE(find_instance(foundation, "redis-sentinel-1")->after.empty());
}

TEST(Redis, SentinelsOwnTheirConfigurationAfterTheFirstWrite) {
  EXPECT_EQ(find_instance(make(), "redis-sentinel-1")->files[0].policy, WritePolicy::seed);
}

TEST(Redis, TheEnvironmentIsCompleteAndHomeIsTheInstancesOwn) {
  const auto environment = find_instance(make(), "redis-1")->environment;
  EXPECT_THAT(environment, testing::Contains(std::pair<std::string, std::string>("HOME", "/k/redis-1")));
  EXPECT_THAT(environment, Not(testing::Contains(std::pair<std::string, std::string>("HOME", "/nowhere"))));
}

}  // namespace
}  // namespace keelson::redis
