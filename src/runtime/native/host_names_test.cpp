#include "runtime/native/host_names.h"

#include <gtest/gtest.h>

namespace keelson::native {
namespace {

constexpr std::string_view kHosts = "127.0.0.1 localhost\n::1 localhost\n";

TEST(HostNames, AddsAMarkedBlockAndLeavesTheRestAlone) {
  const auto out = with_block(kHosts, {1, "demo"}, {"127.77.1.1 redis-master.demo.internal redis-master"});
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, std::string(kHosts) + "# BEGIN keelson 1 demo\n127.77.1.1 redis-master.demo.internal redis-master\n# END keelson 1 demo\n");
}

TEST(HostNames, RemovingTheBlockGivesBackTheSameBytes) {
  const auto with = with_block(kHosts, {1, "demo"}, {"127.77.1.1 a"});
  ASSERT_TRUE(with);
  EXPECT_EQ(*with_block(*with, {1, "demo"}, {}), kHosts);
}

TEST(HostNames, KeepsTheBlocksOfTwoFoundationsApart) {
  const auto one = with_block(kHosts, {1, "one"}, {"127.77.1.1 a"});
  const auto two = with_block(*one, {2, "two"}, {"127.77.2.1 a"});
  EXPECT_EQ(*with_block(*two, {2, "two"}, {}), *one);
}

TEST(HostNames, ABlockStaysWhereItStandsSoThatTwoFoundationsAreBothSettled) {
  const auto one = with_block(kHosts, {1, "one"}, {"127.77.1.1 a"});
  const auto two = with_block(*one, {2, "two"}, {"127.77.2.1 a"});
  EXPECT_EQ(*with_block(*two, {1, "one"}, {"127.77.1.1 a"}), *two);
  EXPECT_EQ(*with_block(*two, {2, "two"}, {"127.77.2.1 a"}), *two);
}

TEST(HostNames, FoundationsOfOneNameHaveABlockEach) {
  const auto one = with_block(kHosts, {1, "demo"}, {"127.77.1.1 a.demo.internal"});
  const auto both = with_block(*one, {2, "demo"}, {"127.77.2.1 a.demo.internal"});
  EXPECT_NE(both->find("127.77.1.1"), std::string::npos);
  EXPECT_EQ(*with_block(*both, {2, "demo"}, {}), *one);
}

TEST(HostNames, ANameLeadsToWhoeverStandsFirst) {
  const std::vector<std::string> first = {"127.77.1.1 a.demo.internal"}, second = {"127.77.2.1 a.demo.internal"};
  const auto one = with_block(kHosts, {1, "demo"}, first);
  EXPECT_TRUE(lead_elsewhere(*one, {2, "demo"}, second)) << "before its block is written too";
  const auto both = with_block(*one, {2, "demo"}, second);
  EXPECT_FALSE(lead_elsewhere(*both, {1, "demo"}, first));
  EXPECT_TRUE(lead_elsewhere(*both, {2, "demo"}, second));
  EXPECT_FALSE(lead_elsewhere(*both, {3, "other"}, {"127.77.3.1 a.other.internal"}));
  EXPECT_FALSE(lead_elsewhere("# 127.77.1.1 a.demo.internal\n127.77.2.1\ta.demo.internal # mine\n", {2, "demo"}, second));
}

TEST(HostNames, RefusesABlockWithoutItsEnd) {
  EXPECT_FALSE(with_block("# BEGIN keelson 1 demo\n127.77.1.1 a\n", {1, "demo"}, {}));
}

}  // namespace
}  // namespace keelson::native
