#include "model/door.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

class DoorTest : public ::testing::Test {
 protected:
  DoorTest() {
    Component pooler{.name = "pooler"};
    pooler.members = {{.name = "pooler-1", .component = "pooler", .address = "127.77.1.1"},
                      {.name = "pooler-2", .component = "pooler", .address = "127.77.1.2"}};
    pooler.ports = {6432, 9127};
    Component orders{.name = "orders"};
    orders.members = {{.name = "orders-1", .component = "orders", .address = "127.77.1.3"}};
    orders.ports = {8080, 8081};
    foundation_.components = {pooler, orders};
    foundation_.endpoints = {{.name = "pooler", .component = "pooler", .address = "127.77.1.20", .port = 6432},
                             {.name = "redis-master", .component = "redis", .address = "127.77.1.21", .port = 6379}};
  }
  std::vector<std::pair<std::string, int>> places(const Edge& edge) {
    std::vector<std::pair<std::string, int>> out;
    const std::vector<Door> doors = doors_of(foundation_, edge).value();
    for (const Door& door : doors) out.emplace_back(door.address, door.port);
    return out;
  }
  using Places = std::vector<std::pair<std::string, int>>;
  Foundation foundation_;
};

TEST_F(DoorTest, a_port_opens_that_port_of_every_member_and_not_the_endpoint_of_the_same_name) {
  EXPECT_EQ(places({"a", "pooler", 6432}), (Places{{"127.77.1.1", 6432}, {"127.77.1.2", 6432}}));
}

TEST_F(DoorTest, no_port_opens_the_endpoint_and_no_member) {
  EXPECT_EQ(places({"a", "pooler", 0}), (Places{{"127.77.1.20", 6432}}));
  EXPECT_EQ(places({"a", "redis-master", 0}), (Places{{"127.77.1.21", 6379}}));
}

TEST_F(DoorTest, no_port_opens_every_port_of_a_component_without_an_endpoint) {
  EXPECT_EQ(places({"a", "orders", 0}), (Places{{"127.77.1.3", 8080}, {"127.77.1.3", 8081}}));
}

TEST_F(DoorTest, an_endpoint_is_reached_at_its_own_port_whatever_the_edge_says) {
  EXPECT_EQ(places({"a", "redis-master", 1}), (Places{{"127.77.1.21", 6379}}));
}

TEST_F(DoorTest, an_edge_to_nothing_is_an_error) { EXPECT_FALSE(doors_of(foundation_, {"a", "ghost", 0})); }

}  // namespace
}  // namespace keelson
