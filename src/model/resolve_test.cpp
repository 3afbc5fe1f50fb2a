#include "model/resolve.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

class FlatLayout : public Layout {
 public:
  Place place(const std::string&, const std::string& instance) const override { return {"/s/" + instance, "", "", "", ""}; }
  std::string program(const std::string&, const std::string& relative) const override { return "/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string&) const override { return {}; }
  std::string user(const std::string& component) const override { return component; }
};

/// A kind whose members are named after the component; `store` also wants a `helper` beside it, shared by all stores.
Result<Shape> shape_store(const ShapeInput& input) {
  Shape shape;
  for (std::int64_t i = 1; i <= number(input.settings, "members"); ++i) {
    const std::string name = std::string(input.component) + "-" + std::to_string(i);
    shape.members.push_back({name, {name}});
  }
  Endpoint endpoint;
  endpoint.name = std::string(input.component) + "-primary";
  endpoint.port = 5000;
  shape.endpoints = {endpoint};
  shape.companions = {{"helper", "helper"}};
  return shape;
}
Result<Shape> shape_helper(const ShapeInput&) {
  Shape shape;
  shape.members = {{"helper-1", {"helper-1"}}};
  return shape;
}
Result<void> render_store(const RenderInput& input, Member& member) {
  Instance& instance = member.instances.front();
  instance.command = {"/usr/bin/store", find_endpoint(input.foundation, input.component.name + "-primary")->address};
  instance.after = {"helper-1"};
  return {};
}
Result<void> render_helper(const RenderInput&, Member&) { return {}; }
Result<void> render_circle(const RenderInput&, Member& member) {
  member.instances.front().after = {member.name};
  return {};
}

constexpr Setting kTable[] = {{.name = "members", .type = SettingType::integer, .default_value = "2"}};
const Kind kStore{.name = "store", .settings = kTable, .verbs = {.shape = shape_store, .render = render_store}};
const Kind kHelper{.name = "helper", .in_blueprint = false, .verbs = {.shape = shape_helper, .render = render_helper}};
const Kind kCircle{.name = "circle", .verbs = {.shape = shape_helper, .render = render_circle}};
constexpr const Kind* kKinds[] = {&kStore, &kHelper, &kCircle};

Blueprint blueprint_of(std::vector<BlueprintComponent> components) {
  Blueprint blueprint;
  blueprint.foundation = "demo";
  blueprint.domain = "demo.internal";
  blueprint.components = std::move(components);
  return blueprint;
}

Checked<Foundation> run(const Blueprint& blueprint, AddressBook& addresses) { return resolve({blueprint, kKinds, FlatLayout{}, "127.77.5", "alex"}, addresses); }

TEST(Resolve, GivesEveryMemberAndEndpointItsAddress) {
  AddressBook addresses;
  const auto foundation = run(blueprint_of({{"orders", &kStore, {}, {}}}), addresses);
  ASSERT_TRUE(foundation);
  EXPECT_EQ(find_member(*foundation, "orders-1")->address, "127.77.5.1");
  EXPECT_EQ(find_member(*foundation, "helper-1")->address, "127.77.5.3");
  EXPECT_EQ(find_endpoint(*foundation, "orders-primary")->address, "127.77.5.4");
  EXPECT_EQ(find_instance(*foundation, "orders-2")->command[1], "127.77.5.4");
  EXPECT_EQ(foundation->local_users, (std::vector<std::string>{"alex"}));
}

TEST(Resolve, NeverMovesAnAddressThatWasGivenOut) {
  AddressBook addresses;
  ASSERT_TRUE(run(blueprint_of({{"orders", &kStore, {}, {}}}), addresses));
  const AddressBook before = addresses;
  ASSERT_TRUE(run(blueprint_of({{"accounts", &kStore, {}, {}}, {"orders", &kStore, {}, {}}}), addresses));
  for (const auto& [name, octet] : before) EXPECT_EQ(addresses.at(name), octet) << name;
}

TEST(Resolve, SharesACompanionThatTwoComponentsNeed) {
  AddressBook addresses;
  const auto foundation = run(blueprint_of({{"accounts", &kStore, {}, {}}, {"orders", &kStore, {}, {}}}), addresses);
  ASSERT_TRUE(foundation);
  EXPECT_EQ(foundation->components.size(), 3u);
  EXPECT_EQ(find_component(*foundation, "helper")->companion_of, "accounts");
}

TEST(Resolve, RefusesOneNameForTwoThings) {
  AddressBook addresses;
  const auto clash = run(blueprint_of({{"a", &kStore, {}, {"f.yaml", 3, 3}}, {"a", &kStore, {}, {"f.yaml", 9, 3}}}), addresses);
  ASSERT_FALSE(clash);
  EXPECT_EQ(clash.error()[0].where, "f.yaml:9:3");
}

TEST(Resolve, PublishesAnEndpointWhereTheBlueprintSays) {
  AddressBook addresses;
  Blueprint blueprint = blueprint_of({{"a", &kStore, {}, {}}});
  blueprint.published = {{"a-primary", {"127.0.0.1", 5000, {"127.0.0.0/8"}}, {}}};
  const auto made = run(blueprint, addresses);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->endpoints[0].publish, (std::vector<Published>{{"127.0.0.1", 5000, {"127.0.0.0/8"}}}));
}

TEST(Resolve, RefusesToPublishWhatIsNoEndpointAndSuggestsTheNearest) {
  AddressBook addresses;
  Blueprint blueprint = blueprint_of({{"a", &kStore, {}, {}}});
  blueprint.published = {{"a-primry", {"127.0.0.1", 5000, {"127.0.0.0/8"}}, {"f.yaml", 4, 5}}};
  const auto refused = run(blueprint, addresses);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].where, "f.yaml:4:5");
  EXPECT_EQ(refused.error()[0].next, "did you mean a-primary?");
}

TEST(Resolve, RefusesEveryAddressAtAPortThatTheFoundationUses) {
  AddressBook addresses;
  Blueprint blueprint = blueprint_of({{"a", &kStore, {}, {}}});
  blueprint.published = {{"a-primary", {"0.0.0.0", 5000, {"0.0.0.0/0"}}, {"f.yaml", 4, 5}}};
  const auto refused = run(blueprint, addresses);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error()[0].what.find("takes the port of endpoint a-primary"), std::string::npos);
  blueprint.published[0].place.port = 15000;
  EXPECT_TRUE(run(blueprint, addresses));
}

TEST(Resolve, LetsEveryAddressHaveAMembersPortWhereMembersHaveNetworksOfTheirOwn) {
  AddressBook addresses;
  Blueprint blueprint = blueprint_of({{"a", &kStore, {}, {}}});
  blueprint.published = {{"a-primary", {"0.0.0.0", 5000, {"0.0.0.0/0"}}, {}}};
  EXPECT_TRUE(resolve({blueprint, kKinds, FlatLayout{}, {}, {}, [](Foundation&) -> Result<void> { return {}; }}, addresses));
}

TEST(Resolve, GivesAComponentTheImageOfItsNameBeforeThatOfItsKind) {
  AddressBook addresses;
  Blueprint blueprint = blueprint_of({{"orders", &kStore, {}, {}}, {"accounts", &kStore, {}, {}}});
  blueprint.images = {{"orders", "shop/orders:1", {}}, {"store", "shop/store:2", {}}};
  const auto made = run(blueprint, addresses);
  ASSERT_TRUE(made);
  EXPECT_EQ(find_component(*made, "orders")->image, "shop/orders:1");
  EXPECT_EQ(find_component(*made, "accounts")->image, "shop/store:2");
  EXPECT_EQ(find_component(*made, "helper")->image, "");
}

TEST(Resolve, TakesAnImageForACompanionAndForAKindThatThisRuntimeDoesWithout) {
  AddressBook addresses;
  Blueprint blueprint = blueprint_of({{"a", &kStore, {}, {}}});
  blueprint.images = {{"circle", "shop/circle:1", {}}, {"helper", "shop/helper:1", {}}};
  const auto made = run(blueprint, addresses);
  ASSERT_TRUE(made);
  EXPECT_EQ(find_component(*made, "helper")->image, "shop/helper:1");
}

TEST(Resolve, RefusesAnImageForWhatIsNoComponentAndSuggestsTheNearest) {
  AddressBook addresses;
  Blueprint blueprint = blueprint_of({{"orders", &kStore, {}, {}}});
  blueprint.images = {{"order", "shop/orders:1", {"f.yaml", 4, 5}}};
  const auto refused = run(blueprint, addresses);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error()[0].where, "f.yaml:4:5");
  EXPECT_EQ(refused.error()[0].next, "did you mean orders?");
}

TEST(Resolve, RefusesInstancesThatWaitForEachOther) {
  AddressBook addresses;
  const auto circle = run(blueprint_of({{"c", &kCircle, {}, {}}}), addresses);
  ASSERT_FALSE(circle);
  EXPECT_NE(circle.error()[0].what.find("comes after itself"), std::string::npos);
}

TEST(Resolve, LetsARuntimeWithNetworksOfItsOwnGiveTheAddresses) {
  AddressBook book;
  const Addressing addressing = [](Foundation& foundation) -> Result<void> {
    for (Component& component : foundation.components)
      for (Member& member : component.members) member.address = "10.1.1." + std::to_string(member.ordinal);
    for (Endpoint& endpoint : foundation.endpoints) endpoint.address = "10.1.2.1";
    return {};
  };
  const Blueprint blueprint = blueprint_of({{"db", &kStore, {}, {}}});
  const auto foundation = resolve({blueprint, kKinds, FlatLayout(), {}, {}, addressing}, book);
  ASSERT_TRUE(foundation);
  EXPECT_EQ(find_member(*foundation, "db-2")->address, "10.1.1.2");
  EXPECT_EQ(find_instance(*foundation, "db-1")->command.at(1), "10.1.2.1") << "rooms render with these addresses";
  EXPECT_TRUE(book.empty());
  const auto refused = resolve({blueprint, kKinds, FlatLayout(), {}, {}, [](Foundation&) -> Result<void> { return fail("no room"); }}, book);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().what, "no room");
}

}  // namespace
}  // namespace keelson
