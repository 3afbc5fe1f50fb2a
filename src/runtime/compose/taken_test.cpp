#include "runtime/compose/taken.h"

#include <gmock/gmock.h>

namespace keelson::compose {
namespace {

using ::testing::HasSubstr;

// Of Linux 6.1: a default route, a connected network, a wider one and a host by a gateway.
constexpr const char* kRoutes =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
    "eth0\t0000400A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    "tun0\t0000000A\t010200C0\t0003\t0\t0\t0\t000000FF\t0\t0\t0\n"
    "tun0\t0700580A\t010200C0\t0007\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n";
// Of Docker 20.10.24, shortened.
constexpr const char* kNetworks = R"([{"Name": "bridge", "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]}},
  {"Name": "host", "IPAM": {"Config": []}}, {"Name": "six", "IPAM": {"Config": [{"Subnet": "fd00::/64"}]}}])";

Ipv4Range block(const char* text) { return *parse_ipv4_network(text); }

TEST(Taken, what_the_machine_has_a_route_to_is_told_by_destination_and_interface) {
  const auto taken = taken_by_routes(kRoutes);
  ASSERT_EQ(taken.size(), 3U) << "a default route takes nothing";
  const Taken* taker = taker_of(block("10.64.16.0/20"), taken);
  ASSERT_NE(taker, nullptr);
  EXPECT_EQ(taker->by, "the route to 10.64.0.0/16 by eth0");
}

TEST(Taken, a_gateway_that_leads_to_more_is_no_obstacle_one_that_leads_into_the_block_is) {
  const auto taken = taken_by_routes(kRoutes);
  EXPECT_EQ(taker_of(block("10.80.0.0/20"), taken), nullptr);
  const Taken* taker = taker_of(block("10.88.0.0/20"), taken);
  ASSERT_NE(taker, nullptr);
  EXPECT_THAT(taker->by, HasSubstr("10.88.0.7/32 by tun0"));
}

TEST(Taken, a_docker_network_is_told_by_its_name) {
  const auto taken = taken_by_networks(kNetworks);
  ASSERT_TRUE(taken) << describe(taken.error());
  ASSERT_EQ(taken->size(), 1U);
  const Taken* taker = taker_of(block("172.17.64.0/26"), *taken);
  ASSERT_NE(taker, nullptr);
  EXPECT_EQ(taker->by, "Docker network bridge (172.17.0.0/16)");
  EXPECT_EQ(taker_of(block("172.18.0.0/20"), *taken), nullptr);
}

TEST(Taken, a_free_block_is_one_that_nobody_has) {
  auto taken = taken_by_routes(kRoutes);
  EXPECT_EQ(free_block(taken), "10.65.0.0/20");
  taken.push_back({block("10.0.0.0/8"), "all of it"});
  EXPECT_EQ(free_block(taken), "172.16.0.0/20");
  taken.push_back({block("0.0.0.0/0"), "everything"});
  EXPECT_EQ(free_block(taken), "");
}

}  // namespace
}  // namespace keelson::compose
