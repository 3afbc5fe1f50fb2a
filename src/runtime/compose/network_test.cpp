#include "runtime/compose/network.h"

#include <gmock/gmock.h>

#include "runtime/compose/test_foundation.h"

namespace keelson::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

std::vector<std::string> networks_of_member(const Foundation& foundation, const std::string& name) {
  const Member* member = find_member(foundation, name);
  std::vector<std::string> out;
  for (const Attachment& one : attachments_of(foundation, *find_component(foundation, member->component), *member)) out.push_back(one.network);
  return out;
}

TEST(Networks, who_may_connect_joins_and_nobody_else) {
  const TestFoundation made(kRedis);
  EXPECT_THAT(networks_of_member(made.foundation, "redis-2"), UnorderedElementsAre("redis.members", "redis-sentinel.members"));
  EXPECT_THAT(networks_of_member(made.foundation, "redis-sentinel-1"), UnorderedElementsAre("redis-sentinel.members", "redis.members"));
  EXPECT_THAT(networks_of_member(made.foundation, "redis-endpoints-1"),
              UnorderedElementsAre("redis-endpoints.members", "redis.members", "redis-master", "redis-replica"));
}

TEST(Networks, a_pooler_reaches_the_primary_endpoint_and_no_member) {
  const TestFoundation made(kPostgresql);
  EXPECT_THAT(networks_of_member(made.foundation, "postgresql-pooler-1"), UnorderedElementsAre("postgresql-pooler.members", "postgresql-primary"));
  EXPECT_THAT(networks_of_member(made.foundation, "postgresql-1"), UnorderedElementsAre("postgresql.members", "etcd.members"));
  EXPECT_THAT(networks_of_member(made.foundation, "etcd-1"), UnorderedElementsAre("etcd.members"));
  EXPECT_THAT(networks_of_member(made.foundation, "postgresql-endpoints-1"),
              UnorderedElementsAre("postgresql-endpoints.members", "postgresql.members", "postgresql-pooler.members", "postgresql-primary", "postgresql-replica",
                                   "postgresql-pooler"));
}

TEST(Networks, a_balancer_has_the_address_and_the_names_of_each_endpoint_it_serves) {
  const TestFoundation made(kRedis);
  const Member* balancer = find_member(made.foundation, "redis-endpoints-1");
  for (const Attachment& one : attachments_of(made.foundation, *find_component(made.foundation, "redis-endpoints"), *balancer)) {
    if (one.network != "redis-replica") continue;
    EXPECT_EQ(one.address, find_endpoint(made.foundation, "redis-replica")->address);
    EXPECT_THAT(one.aliases, ElementsAre("redis-replica", "redis-replica.demo.internal"));
  }
}

TEST(Networks, what_is_published_is_led_to_the_balancer_in_a_network_of_its_own) {
  const TestFoundation made(kPublishing);
  EXPECT_THAT(networks_of_member(made.foundation, "redis-endpoints-1"), ::testing::Contains("redis-endpoints.published"));
  for (const char* other : {"redis-1", "redis-sentinel-1"}) EXPECT_THAT(networks_of_member(made.foundation, other), ::testing::Not(::testing::Contains("redis-endpoints.published"))) << other;
  for (const Network& network : networks_of(made.foundation, made.book, made.block)) EXPECT_EQ(network.way == Way::in, network.name == "redis-endpoints.published") << network.name;
  EXPECT_THAT(published_ports(made.foundation, *find_component(made.foundation, "redis-endpoints")),
              ElementsAre(PublishedPort{"127.0.0.1", 6379, 20000}, PublishedPort{"0.0.0.0", 6380, 20001}, PublishedPort{"192.0.2.7", 6379, 20002}));
  EXPECT_THAT(published_ports(made.foundation, *find_component(made.foundation, "redis")), ::testing::IsEmpty());
}

TEST(Networks, a_balancer_admits_whom_from_names_and_knows_this_machine_by_the_gateway) {
  const TestFoundation made(kPublishing);
  std::string gateway;
  for (const Network& network : networks_of(made.foundation, made.book, made.block))
    if (network.name == "redis-endpoints.published") gateway = network.gateway;
  const Endpoint& master = *find_endpoint(made.foundation, "redis-master");
  EXPECT_THAT(master.publish[0].admits, ElementsAre(gateway)) << "127.0.0.0/8";
  EXPECT_THAT(master.publish[1].admits, ElementsAre("192.0.2.0/24", gateway));
  EXPECT_THAT(find_endpoint(made.foundation, "redis-replica")->publish[0].admits, ElementsAre(gateway, "0.0.0.0/0", "198.51.100.7"));
}

TEST(Networks, what_is_published_later_moves_nothing) {
  const TestFoundation before(kRedis), after(kPublishing, before.book);
  for (const auto& [name, number] : before.book.networks) EXPECT_EQ(after.book.networks.at(name), number) << name;
}

TEST(Networks, addresses_that_the_engine_gives_never_meet_those_that_stay) {
  const TestFoundation made(kRedis);
  for (const Network& network : networks_of(made.foundation, made.book, made.block)) {
    const auto whole = parse_ipv4_network(network.subnet), given = parse_ipv4_network(network.dynamic);
    ASSERT_TRUE(whole && given) << network.subnet << " " << network.dynamic;
    EXPECT_TRUE(whole->contains(given->first) && whole->contains(given->last));
    for (const Component& component : made.foundation.components)
      for (const Member& member : component.members) EXPECT_FALSE(given->contains(*parse_ipv4(member.address))) << member.name;
    for (const Endpoint& endpoint : made.foundation.endpoints) EXPECT_FALSE(given->contains(*parse_ipv4(endpoint.address))) << endpoint.name;
  }
}

TEST(Networks, what_has_an_address_keeps_it_when_the_blueprint_grows) {
  const TestFoundation before(kRedis);
  const TestFoundation after("foundation: demo\ncomponents:\n  cache: { kind: redis, members: 1 }\n  redis: { members: 3, memory: 64Mi, storage: 1Gi }\n", before.book);
  for (const char* name : {"redis-1", "redis-sentinel-3", "redis-endpoints-1"})
    EXPECT_EQ(find_member(before.foundation, name)->address, find_member(after.foundation, name)->address) << name;
  EXPECT_EQ(before.users().uid_of("redis"), after.users().uid_of("redis"));
}

TEST(Networks, a_block_without_room_is_refused_by_the_network_that_finds_none) {
  TestFoundation made(kRedis);
  const auto given = give_addresses(made.foundation, made.book, *parse_ipv4_network("10.88.0.0/24"));  // four of five
  ASSERT_FALSE(given);
  EXPECT_EQ(given.error().code, ErrorCode::preflight_refused);
  EXPECT_THAT(given.error().what, ::testing::HasSubstr("redis-replica"));
}

}  // namespace
}  // namespace keelson::compose
