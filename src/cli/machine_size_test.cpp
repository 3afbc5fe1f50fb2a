#include "cli/machine_size.h"

#include <gtest/gtest.h>

#include <array>

namespace keelson::cli {
namespace {

constexpr std::int64_t kGi = std::int64_t{1} << 30;

constexpr std::array kFields{Setting{.name = "memory", .type = SettingType::bytes}};
constexpr std::array kRows{
    Setting{.name = "members", .type = SettingType::integer},
    Setting{.name = "password", .type = SettingType::text, .secret = true},
    Setting{.name = "pooler", .type = SettingType::object, .fields = kFields},
    Setting{.name = "storage", .type = SettingType::bytes},
};
const Kind kKind{.name = "engine", .summary = "", .settings = kRows, .verbs = {}};

Settings sizes(std::int64_t storage, std::int64_t memory) {
  Settings pooler;
  pooler["memory"] = SettingValue(memory);
  Settings settings;
  settings["storage"] = SettingValue(storage);
  settings["pooler"] = SettingValue(std::move(pooler));
  return settings;
}

Blueprint blueprint(Settings settings) {
  Blueprint result;
  result.components.push_back({"engine", &kKind, std::move(settings), {}});
  return result;
}

TEST(MachineSize, counts_every_members_storage_and_nested_memory) {
  Foundation foundation;
  Component component;
  component.kind = &kKind;
  component.settings = sizes(100 * kGi, kGi);
  component.members.resize(3);
  foundation.components = {component};
  const Demand demand = demand_of(foundation);
  EXPECT_EQ(demand.storage, 300 * kGi);
  EXPECT_EQ(demand.memory, 3 * kGi);
}

TEST(MachineSize, is_enough_up_to_all_free_disk_and_sixty_percent_of_memory) {
  EXPECT_EQ(too_small({80 * kGi, 6 * kGi}, {80 * kGi, 10 * kGi}), "");
  EXPECT_EQ(too_small({81 * kGi, 0}, {80 * kGi, 10 * kGi}), "it asks for 81.0 GiB of storage and 80.0 GiB are free");
  EXPECT_NE(too_small({0, 7 * kGi}, {80 * kGi, 10 * kGi}), "");
}

TEST(MachineSize, of_a_directory_that_does_not_exist_yet_is_its_parents) {
  const auto machine = this_machine("/no/such/directory");
  ASSERT_TRUE(machine);
  EXPECT_GT(machine->free_disk, 0);
  EXPECT_GT(machine->memory, 0);
}

TEST(MachineSize, says_what_a_profile_lowered) {
  const auto lines = changed_settings(blueprint(sizes(100 * kGi, kGi)), blueprint(sizes(5 * kGi, kGi / 2)));
  EXPECT_EQ(lines, (std::vector<std::string>{"engine.pooler.memory: 1Gi -> 512Mi", "engine.storage: 100Gi -> 5Gi"}));
}

TEST(MachineSize, never_prints_a_pinned_secret_that_changed) {
  Settings before = sizes(kGi, kGi);
  Settings after = before;
  before["password"] = SettingValue(std::string("canary-one"));
  after["password"] = SettingValue(std::string("canary-two"));
  EXPECT_EQ(changed_settings(blueprint(before), blueprint(after)), (std::vector<std::string>{"engine.password: (secret) -> (secret)"}));
}

}  // namespace
}  // namespace keelson::cli
