#include "runtime/native/host_names.h"

#include <gtest/gtest.h>

namespace keelson::native {
namespace {

constexpr std::string_view kHosts = "127.0.0.1 localhost\n::1 localhost\n";

TEST(HostNames, AddsAMarkedBlockAndLeavesTheRestAlone) {
  const auto out = with_block(kHosts, "demo", {"127.77.1.1 redis-master.demo.internal redis-master"});
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, std::string(kHosts) + "# BEGIN keelson demo\n127.77.1.1 redis-master.demo.internal redis-master\n# END keelson demo\n");
}

TEST(HostNames, RemovingTheBlockGivesBackTheSameBytes) {
  const auto with = with_block(kHosts, "demo", {"127.77.1.1 a"});
  ASSERT_TRUE(with);
  EXPECT_EQ(*with_block(*with, "demo", {}), kHosts);
}

TEST(HostNames, KeepsTheBlocksOfTwoFoundationsApart) {
  const auto one = with_block(kHosts, "one", {"127.77.1.1 a"});
  const auto two = with_block(*one, "two", {"127.77.2.1 a"});
  EXPECT_EQ(*with_block(*two, "two", {}), *one);
}

TEST(HostNames, ABlockStaysWhereItStandsSoThatTwoFoundationsAreBothSettled) {
  const auto one = with_block(kHosts, "one", {"127.77.1.1 a"});
  const auto two = with_block(*one, "two", {"127.77.2.1 a"});
  EXPECT_EQ(*with_block(*two, "one", {"127.77.1.1 a"}), *two);
  EXPECT_EQ(*with_block(*two, "two", {"127.77.2.1 a"}), *two);
}

TEST(HostNames, RefusesABlockWithoutItsEnd) {
  EXPECT_FALSE(with_block("# BEGIN keelson demo\n127.77.1.1 a\n", "demo", {}));
}

}  // namespace
}  // namespace keelson::native
