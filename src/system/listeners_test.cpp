#include "system/listeners.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

constexpr std::string_view kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   106        0 4242 1 0000000000000000 100 0 0 10 0\n"
    "   1: 00000000:18EB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4243 1 0000000000000000 100 0 0 10 0\n"
    "   2: 0100007F:1538 0100007F:C350 01 00000000:00000000 00:00000000 00000000   106        0 4244 1 0000000000000000 20 4 30 10 -1\n"
    "   3: rubbish\n";

constexpr std::string_view kTcp6 =
    "  sl  local_address                         remote_address                        st ...\n"
    "   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1\n"
    "   1: 0000000000000000FFFF00000100007F:1538 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 78 1\n";

TEST(Listeners, are_read_from_the_kernels_table_connections_left_out) {
  const auto found = parse_listeners(kTcp);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].address, "127.0.0.1");
  EXPECT_EQ(found[0].port, 5432);
  EXPECT_EQ(found[0].inode, 4242u);
  EXPECT_EQ(found[1].address, "0.0.0.0");
  EXPECT_EQ(found[1].port, 6379);
}

TEST(Listeners, of_ipv6_show_wildcards_and_mapped_addresses) {
  const auto found = parse_listeners(kTcp6);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].address, "::");
  EXPECT_EQ(found[1].address, "127.0.0.1");
}

TEST(Listeners, are_in_the_way_on_the_same_address_or_on_every_address) {
  EXPECT_TRUE(in_the_way({"127.77.1.5", 6379, 0}, "127.77.1.5", 6379));
  EXPECT_TRUE(in_the_way({"0.0.0.0", 6379, 0}, "127.77.1.5", 6379));
  EXPECT_TRUE(in_the_way({"::", 6379, 0}, "127.77.1.5", 6379));
  EXPECT_TRUE(in_the_way({"192.0.2.1", 6379, 0}, "0.0.0.0", 6379));
  EXPECT_FALSE(in_the_way({"127.0.0.1", 6379, 0}, "127.77.1.5", 6379));
  EXPECT_FALSE(in_the_way({"127.77.1.5", 6380, 0}, "127.77.1.5", 6379));
}

}  // namespace
}  // namespace keelson
