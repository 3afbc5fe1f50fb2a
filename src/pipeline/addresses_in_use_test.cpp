#include "pipeline/addresses_in_use.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

constexpr Port kPorts[] = {{.name = "redis", .number = 6379, .purpose = "clients"}};
const Kind kWithPorts{.name = "redis", .summary = "", .ports = kPorts};
const Kind kWithout{.name = "custom", .summary = ""};

Foundation one_of_each() {
  Foundation foundation;
  Member redis;
  redis.name = "redis-1";
  redis.address = "127.77.1.1";
  Component engine;
  engine.kind = &kWithPorts;
  engine.members = {redis};
  Instance program;
  program.name = "orders-1";
  program.ready.address = "127.77.1.2";
  program.ready.port = 9000;
  Member orders;
  orders.name = "orders-1";
  orders.address = "127.77.1.2";
  orders.instances = {program};
  Component custom;
  custom.kind = &kWithout;
  custom.members = {orders};
  foundation.components = {engine, custom};
  Endpoint master;
  master.name = "redis-master";
  master.address = "127.77.1.3";
  master.port = 6379;
  master.publish = {{"127.0.0.1", 6379, {"127.0.0.0/8"}}};
  foundation.endpoints = {master};
  return foundation;
}

std::vector<std::string> shown(const std::vector<WantedAddress>& wanted) {
  std::vector<std::string> out;
  for (const WantedAddress& address : wanted) out.push_back(address.address + ":" + std::to_string(address.port));
  return out;
}

TEST(AddressesInUse, members_endpoints_what_is_published_and_programs_of_ones_own_all_count) {
  EXPECT_EQ(shown(wanted_addresses(one_of_each())), (std::vector<std::string>{"127.77.1.1:6379", "127.77.1.2:9000", "127.77.1.3:6379", "127.0.0.1:6379"}));
}

TEST(AddressesInUse, our_own_listeners_are_not_in_the_way_those_of_others_are) {
  const std::vector<Listener> listening{{"127.77.1.1", 6379, 1}, {"127.77.1.3", 6379, 2}, {"127.77.1.3", 5432, 3}};
  const auto taken = addresses_in_use(wanted_addresses(one_of_each()), listening, [](const Listener& listener) { return listener.inode == 1; });
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].wanted.whose, "redis-master");
  EXPECT_EQ(taken[0].listener.inode, 2u);
}

TEST(AddressesInUse, a_wildcard_is_in_everybodys_way_on_its_port) {
  const auto taken = addresses_in_use(wanted_addresses(one_of_each()), {{"0.0.0.0", 6379, 1}}, [](const Listener&) { return false; });
  EXPECT_EQ(taken.size(), 3u);
}

TEST(AddressesInUse, every_address_is_in_the_way_of_whoever_holds_its_port) {
  Foundation foundation = one_of_each();
  foundation.endpoints[0].publish = {{"0.0.0.0", 6380, {"0.0.0.0/0"}}};
  const auto taken = addresses_in_use(wanted_addresses(foundation), {{"192.0.2.1", 6380, 1}}, [](const Listener&) { return false; });
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].wanted.whose, "redis-master (published)");
}

TEST(AddressesInUse, an_address_of_another_machine_is_told) {
  Foundation foundation = one_of_each();
  foundation.endpoints[0].publish = {{"192.0.2.1", 6379, {"0.0.0.0/0"}}};
  const auto foreign = foreign_addresses(wanted_addresses(foundation), [](const std::string& address) { return address.starts_with("127."); });
  EXPECT_EQ(shown(foreign), std::vector<std::string>{"192.0.2.1:6379"});
}

}  // namespace
}  // namespace keelson
