#include "verify/procfs.h"

#include <gtest/gtest.h>

namespace keelson::checks {
namespace {

constexpr std::string_view kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 05014D7F:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000 61003        0 41234 1 0000000000000000 100 0 0 10 0\n"
    "   1: 0100007F:C350 05014D7F:18EB 01 00000000:00000000 00:00000000 00000000 61003        0 41300 1 0000000000000000 20 4 0 10 -1\n"
    "   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 0000000000000000 100 0 0 10 0\n";

TEST(Procfs, OnlySocketsThatListenAreListeners) {
  const std::vector<Listener> wanted = {{"127.77.1.5", 6379, 41234}, {"0.0.0.0", 22, 17}};
  EXPECT_EQ(parse_listeners(kTable), wanted);
}

TEST(Procfs, ALineThatIsCutIsNoListener) {
  EXPECT_TRUE(parse_listeners("   0: 05014D7F:18EB 00000000:0000 0A").empty());
  EXPECT_TRUE(parse_listeners("").empty());
}

TEST(Procfs, AnIpv6ListenerKeepsItsAddressAsTheKernelWritesIt) {
  const auto all = parse_listeners(
      "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 99 1\n");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].port, 8080);
  EXPECT_EQ(all[0].address, "00000000000000000000000001000000");
}

TEST(Procfs, RightsAreTheEffectiveUserAndTheCapabilitySets) {
  const auto rights = parse_rights("Name:\tredis-server\nUid:\t0\t61003\t61003\t61003\nCapInh:\t0\nCapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\nNoNewPrivs:\t1\n");
  ASSERT_TRUE(rights);
  EXPECT_EQ(rights->uid, 61003);
  EXPECT_EQ(rights->effective_capabilities, "0000000000000000");
  EXPECT_EQ(rights->bounding_capabilities, "00000000a80425fb");
  EXPECT_TRUE(rights->no_new_privileges);
}

TEST(Procfs, StatusWithoutNoNewPrivsProvesNothing) {
  EXPECT_FALSE(parse_rights("Uid:\t1\t1\t1\t1\nCapEff:\t0\nCapBnd:\t0\n"));
}

}  // namespace
}  // namespace keelson::checks
