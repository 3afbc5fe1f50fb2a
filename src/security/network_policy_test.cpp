#include "security/network_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelson {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text(const NetworkPolicy& policy) {
  const auto out = nftables_text(policy);
  return out ? *out : "error: " + out.error().what + ": " + out.error().why;
}

TEST(NetworkPolicyTest, the_table_is_replaced_in_one_transaction) {
  EXPECT_EQ(text({"keelson_1", "127.77.1.0/24", {{70103, "127.77.1.4", 6379}, {70101, "127.77.1.1-127.77.1.3", 2379}}}),
            R"(table inet keelson_1 {}
delete table inet keelson_1
table inet keelson_1 {
  comment "made by keelson up, mended by it, removed by keelson down"
  set edges {
    type uid . ipv4_addr . inet_service
    flags interval
    elements = {
      70101 . 127.77.1.1-127.77.1.3 . 2379,
      70103 . 127.77.1.4 . 6379 }
  }
  chain out {
    type filter hook output priority filter; policy accept;
    ip daddr != 127.77.1.0/24 accept
    tcp flags & (syn|ack) != syn accept
    meta skuid 0 accept
    meta skuid . ip daddr . tcp dport @edges accept
    meta l4proto tcp counter reject with tcp reset
    counter reject with icmp type admin-prohibited
  }
  chain in {
    type filter hook input priority filter; policy accept;
    iifname != "lo" ip daddr 127.77.1.0/24 counter drop
  }
}
)");
}

TEST(NetworkPolicyTest, a_policy_without_rows_refuses_everything) {
  const std::string none = text({"keelson_1", "127.77.1.0/24", {}});
  EXPECT_THAT(none, Not(HasSubstr("elements")));
  EXPECT_THAT(none, HasSubstr("reject"));
}

TEST(NetworkPolicyTest, order_repetition_and_overlap_change_nothing) {
  const NetworkPolicy plain{"k", "127.77.1.0/24", {{7, "127.77.1.1-127.77.1.4", 80}}};
  const NetworkPolicy messy{
      "k", "127.77.1.0/24", {{7, "127.77.1.3-127.77.1.4", 80}, {7, "127.77.1.2", 80}, {7, "127.77.1.1-127.77.1.3", 80}, {7, "127.77.1.2", 80}}};
  EXPECT_EQ(text(plain), text(messy));
}

TEST(NetworkPolicyTest, ranges_never_join_over_a_gap_another_port_or_another_user) {
  const std::string out = text({"k", "127.77.1.0/24", {{7, "127.77.1.1", 80}, {7, "127.77.1.3", 80}, {7, "127.77.1.2", 81}, {8, "127.77.1.2", 80}}});
  for (const char* element : {" 7 . 127.77.1.1 . 80,", " 7 . 127.77.1.3 . 80,", " 7 . 127.77.1.2 . 81,", " 8 . 127.77.1.2 . 80 "})
    EXPECT_THAT(out, HasSubstr(element));
}

TEST(NetworkPolicyTest, a_row_outside_the_block_is_refused) {
  for (const char* address : {"127.77.2.1", "127.77.1.250-127.77.2.1", "0.0.0.0-255.255.255.255", "127.77.1.4-127.77.1.2", "", "x",
                              "127.77.1.1 . 80 }; flush ruleset", "127.77.1.1-"})
    EXPECT_FALSE(nftables_text({"k", "127.77.1.0/24", {{7, address, 80}}})) << address;
}

TEST(NetworkPolicyTest, a_row_without_port_or_user_is_refused) {
  EXPECT_FALSE(nftables_text({"k", "127.77.1.0/24", {{7, "127.77.1.1", 0}}}));
  EXPECT_FALSE(nftables_text({"k", "127.77.1.0/24", {{7, "127.77.1.1", 65536}}}));
  EXPECT_FALSE(nftables_text({"k", "127.77.1.0/24", {{-1, "127.77.1.1", 80}}}));
}

TEST(NetworkPolicyTest, a_block_must_be_ours_and_small) {
  for (const char* block : {"10.0.0.0/24", "127.0.0.0/8", "127.77.0.0/16", "127.77.1.1/24", "127.77.1.0", "127.77.1.0/2x", "127.77.1.0/33", ""})
    EXPECT_FALSE(nftables_text({"k", block, {}})) << block;
  EXPECT_TRUE(nftables_text({"k", "127.77.1.0/32", {}}));
}

TEST(NetworkPolicyTest, a_table_name_cannot_become_a_command) {
  for (const char* table : {"", "k x", "k{}", "k;flush ruleset", "1k", "K", "k\nlist", "k\"", "k#"}) {
    EXPECT_FALSE(nftables_text({table, "127.77.1.0/24", {}})) << table;
    EXPECT_FALSE(nftables_removal(table)) << table;
  }
  EXPECT_EQ(nftables_removal("keelson_1").value(), "table inet keelson_1 {}\ndelete table inet keelson_1\n");
}

TEST(NetworkPolicyTest, published_places_are_judged_by_where_a_connection_comes_from_and_closed_to_components) {
  NetworkPolicy policy{"k", "127.77.1.0/24", {}};
  policy.published = {{"127.0.0.1", 5432, {"127.0.0.0/8"}}, {"0.0.0.0", 15432, {"192.0.2.0/25", "192.0.2.128/25", "198.51.100.7"}}};
  policy.components = {70100, 70106};
  const std::string out = text(policy);
  for (const char* part : {R"(  set doors {
    type ipv4_addr . inet_service
    flags interval
    elements = {
      0.0.0.0-255.255.255.255 . 15432,
      127.0.0.1 . 5432 }
  })", R"(      0.0.0.0-255.255.255.255 . 15432 . 192.0.2.0-192.0.2.255,
      0.0.0.0-255.255.255.255 . 15432 . 198.51.100.7,
      127.0.0.1 . 5432 . 127.0.0.0-127.255.255.255 })",
                           "counter drop\n    meta nfproto != ipv4 accept\n    meta l4proto != tcp accept\n", "    ip daddr 127.77.1.0/24 accept\n    ip daddr . tcp dport != @doors accept\n",
                           "oifname \"lo\" meta skuid 70100-70106 tcp flags & (syn|ack) == syn ip daddr . tcp dport @doors counter reject with tcp reset\n    ip daddr != 127.77.1.0/24 accept"})
    EXPECT_THAT(out, HasSubstr(part));
}

TEST(NetworkPolicyTest, everybody_may_be_allowed_in_one_network_and_others_beside_it_change_nothing) {
  NetworkPolicy policy{"k", "127.77.1.0/24", {}};
  policy.published = {{"192.0.2.1", 5432, {"10.0.0.0/8", "0.0.0.0/0", "255.255.255.255"}}};
  EXPECT_THAT(text(policy), HasSubstr("elements = {\n      192.0.2.1 . 5432 . 0.0.0.0-255.255.255.255 }"));
}

TEST(NetworkPolicyTest, where_nothing_is_published_only_the_block_is_kept_from_others) {
  EXPECT_THAT(text({"k", "127.77.1.0/24", {{7, "127.77.1.1", 80}}}), Not(HasSubstr("@doors")));
}

TEST(NetworkPolicyTest, a_published_place_that_is_none_is_refused) {
  for (const PublishedRow& row : std::vector<PublishedRow>{{"x", 5432, {}}, {"127.0.0.1", 0, {}}, {"127.0.0.1", 5432, {"192.0.2.7/24"}}, {"127.0.0.1", 5432, {"} ; flush ruleset"}}}) {
    NetworkPolicy policy{"k", "127.77.1.0/24", {}};
    policy.published = {row};
    EXPECT_FALSE(nftables_text(policy)) << row.address;
  }
}

class NetworkRowsTest : public ::testing::Test {
 protected:
  NetworkRowsTest() {
    Component redis{.name = "redis"};
    redis.members = {{.name = "redis-1", .component = "redis", .address = "127.77.1.1"},
                     {.name = "redis-2", .component = "redis", .address = "127.77.1.2"}};
    Component balancer{.name = "redis-endpoints"};
    balancer.members = {{.name = "redis-endpoints-1", .component = "redis-endpoints", .address = "127.77.1.9"}};
    foundation_.components = {redis, balancer};
    foundation_.endpoints = {{.name = "redis-master", .component = "redis", .address = "127.77.1.20", .port = 6379},
                             {.name = "redis-replica", .component = "redis", .address = "127.77.1.21", .port = 6379}};
  }
  Result<std::vector<NetworkRow>> rows(std::vector<Edge> edges, std::vector<int> local_uids = {}) {
    foundation_.edges = std::move(edges);
    return network_rows(foundation_, {{"redis", 11}, {"redis-endpoints", 12}, {"app", 13}}, local_uids);
  }
  Foundation foundation_;
};

TEST_F(NetworkRowsTest, an_edge_to_a_component_opens_its_port_on_each_member) {
  EXPECT_EQ(rows({{"redis-endpoints", "redis", 6379}}).value(), (std::vector<NetworkRow>{{12, "127.77.1.1", 6379}, {12, "127.77.1.2", 6379}}));
}

TEST_F(NetworkRowsTest, an_edge_to_an_endpoint_opens_the_endpoint_and_no_member) {
  EXPECT_EQ(rows({{"app", "redis-master", 0}}).value(), (std::vector<NetworkRow>{{13, "127.77.1.20", 6379}}));
}

TEST_F(NetworkRowsTest, every_local_user_reaches_what_edges_open_to_them_and_nothing_else) {
  const std::vector<Edge> edges{{std::string(kLocalUsers), "redis-master", 0}, {"redis-endpoints", "redis", 6379}};
  EXPECT_EQ(rows(edges, {1000, 1001}).value(), (std::vector<NetworkRow>{{1000, "127.77.1.20", 6379}, {1001, "127.77.1.20", 6379},
                                                                        {12, "127.77.1.1", 6379}, {12, "127.77.1.2", 6379}}));
}

TEST_F(NetworkRowsTest, without_local_users_their_edges_open_nothing) {
  EXPECT_TRUE(rows({{std::string(kLocalUsers), "redis-master", 0}}).value().empty());
}

TEST_F(NetworkRowsTest, members_of_one_component_need_an_edge_too) { EXPECT_TRUE(rows({}).value().empty()); }

TEST_F(NetworkRowsTest, an_edge_from_or_to_nothing_is_an_error) {
  EXPECT_FALSE(rows({{"ghost", "redis", 6379}}));
  EXPECT_FALSE(rows({{"app", "ghost", 6379}}));
}

}  // namespace
}  // namespace keelson
