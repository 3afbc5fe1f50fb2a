#include "operate/partition.h"

#include <gtest/gtest.h>

namespace keelson::operate {
namespace {

Cut cut() {
  return {.table = "keelson_1_drill", .parent = "unified/keelson/1", .level = 3, .peers = {"db-2", "etcd-1"}, .kept = {"db-endpoints-1"},
          .member = "127.77.1.2", .peer_addresses = {"127.77.1.3", "127.77.1.8"}, .timeout_s = 90};
}

std::size_t count(const std::string& text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(Partition, EveryRuleAsksTheSetThatExpires) {
  const std::string text = *partition_text(cut());
  EXPECT_NE(text.find(R"(elements = { "unified/keelson/1" timeout 90s })"), std::string::npos) << text;
  EXPECT_EQ(count(text, "drop"), 4U);
  EXPECT_EQ(count(text, "    socket cgroupv2 level 2 @cut socket cgroupv2 level 3 "), 4U);
}

TEST(Partition, TheMemberIsWhoeverIsNobodyElse) {
  const std::string text = *partition_text(cut());
  EXPECT_EQ(text.find("db-1\""), std::string::npos);
  EXPECT_NE(text.find(R"(elements = { "unified/keelson/1/db-2", "unified/keelson/1/etcd-1", "unified/keelson/1/db-endpoints-1" })"), std::string::npos) << text;
  EXPECT_NE(text.find("!= @others ip daddr @places"), std::string::npos);
}

TEST(Partition, ThoseWhoCarryClientsAreNotCutOff) {
  const std::string text = *partition_text(cut());
  EXPECT_NE(text.find(R"(elements = { "unified/keelson/1/db-2", "unified/keelson/1/etcd-1" })"), std::string::npos) << text;
}

TEST(Partition, NothingFromOutsideBecomesARule) {
  for (const auto spoil : {+[](Cut& c) { c.table = "x; flush ruleset"; }, +[](Cut& c) { c.parent = "a\" }"; }, +[](Cut& c) { c.peers = {"a\" timeout"}; },
                           +[](Cut& c) { c.kept = {"a }"}; }, +[](Cut& c) { c.member = "localhost"; }, +[](Cut& c) { c.peer_addresses = {"127.77.1.3 }"}; },
                           +[](Cut& c) { c.timeout_s = 0; }, +[](Cut& c) { c.peers.clear(); }, +[](Cut& c) { c.level = 0; }}) {
    Cut spoiled = cut();
    spoil(spoiled);
    EXPECT_FALSE(partition_text(spoiled));
  }
}

TEST(Partition, FindsTheCgroupOfAProcessAndWhereCgroupsAre) {
  EXPECT_EQ(cgroup2_in("9:name=systemd:/\n4:memory:/x\n0::/keelson/1/redis-1\n"), "/keelson/1/redis-1");
  EXPECT_EQ(cgroup2_in("4:memory:/x\n"), "");
  EXPECT_EQ(cgroup2_mount_in("30 23 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n41 23 0:27 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup rw\n"),
            "/sys/fs/cgroup/unified");
  EXPECT_EQ(cgroup2_mount_in("30 23 0:26 / /proc rw - proc proc rw\n"), "");
}

}  // namespace
}  // namespace keelson::operate
