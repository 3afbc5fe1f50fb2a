#include "base/ipv4.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(Ipv4, an_address_is_read_strictly) {
  EXPECT_EQ(parse_ipv4("127.77.0.1"), 0x7F4D'0001u);
  EXPECT_EQ(parse_ipv4("255.255.255.255"), 0xFFFF'FFFFu);
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", " 1.2.3.4", "1.2.3.4 ", "1..3.4", "a.b.c.d", "-1.2.3.4", "1.2.3.+4"})
    EXPECT_FALSE(parse_ipv4(text)) << text;
}

TEST(Ipv4, a_place_has_an_address_and_a_port) {
  EXPECT_EQ(parse_ipv4_port("127.0.0.1:5432"), (Ipv4Port{0x7F00'0001, 5432}));
  for (const char* text : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:63x", "localhost:5432", ":5432", "127.0.0.1:5:4"})
    EXPECT_FALSE(parse_ipv4_port(text)) << text;
}

TEST(Ipv4, a_network_has_no_bits_beyond_its_own) {
  EXPECT_EQ(parse_ipv4_network("192.0.2.0/24"), (Ipv4Range{0xC000'0200, 0xC000'02FF}));
  EXPECT_EQ(parse_ipv4_network("192.0.2.7"), (Ipv4Range{0xC000'0207, 0xC000'0207}));
  EXPECT_EQ(parse_ipv4_network("0.0.0.0/0"), (Ipv4Range{0, 0xFFFF'FFFF}));
  for (const char* text : {"192.0.2.7/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/2x", "/24", "192.0.2.0/024"}) EXPECT_FALSE(parse_ipv4_network(text)) << text;
}

TEST(Ipv4, is_written_as_it_is_read) { EXPECT_EQ(ipv4_text(0x7F4D'0001), "127.77.0.1"); }

}  // namespace
}  // namespace keelson
