#pragma once
#include <array>

#include "component/kind.h"

namespace keelson {

/// A small catalog with a setting of every type, for tests and fuzzers of this room.
namespace catalog_for_tests {

inline constexpr Setting kDatabaseFields[] = {
    {.name = "name", .type = SettingType::identifier, .doc = "The database.", .required = true},
    {.name = "owner", .type = SettingType::identifier, .default_value = "app", .doc = "The role that owns it."},
};
inline constexpr Setting kPoolerFields[] = {
    {.name = "members", .type = SettingType::integer, .default_value = "2", .doc = "How many.", .minimum = 0, .maximum = 8},
    {.name = "mode", .type = SettingType::choice, .default_value = "session", .doc = "When a connection is free again.",
     .choices = "session|transaction"},
};
inline constexpr Setting kStoreSettings[] = {
    {.name = "version", .type = SettingType::choice, .default_value = "15", .doc = "Major version.", .choices = "15|16"},
    {.name = "members", .type = SettingType::integer, .default_value = "3", .doc = "Replicas.", .minimum = 1, .maximum = 7},
    {.name = "durable", .type = SettingType::boolean, .default_value = "true", .doc = "Wait for the disk."},
    {.name = "memory", .type = SettingType::bytes, .default_value = "512Mi", .doc = "Memory of a member.", .minimum = 64 << 20},
    {.name = "timeout", .type = SettingType::duration, .default_value = "30s", .doc = "How long to wait.", .minimum = 1000, .maximum = 3'600'000},
    {.name = "title", .type = SettingType::text, .doc = "Words."},
    {.name = "zone", .type = SettingType::name, .doc = "A label."},
    {.name = "backup", .type = SettingType::schedule, .doc = "When."},
    {.name = "pooler", .type = SettingType::object, .doc = "The pooler.", .fields = kPoolerFields},
    {.name = "databases", .type = SettingType::list, .default_value = "[]", .doc = "Databases.", .fields = kDatabaseFields},
    {.name = "tags", .type = SettingType::list, .doc = "Free words."},
    {.name = "parameters", .type = SettingType::map, .doc = "The engine's own settings."},
    {.name = "password", .type = SettingType::text, .doc = "Pins the password.", .secret = true},
    {.name = "pin", .type = SettingType::integer, .doc = "Pins a number.", .minimum = 1, .maximum = 9999, .secret = true},
};
inline constexpr Setting kGatewaySettings[] = {
    {.name = "command", .type = SettingType::text, .doc = "What to run.", .required = true},
};

inline constexpr Kind kStore{.name = "store", .summary = "Keeps things", .settings = kStoreSettings};
inline constexpr Kind kCache{.name = "cache", .summary = "Keeps things for a while", .settings = std::span(kStoreSettings).subspan(1, 3)};
inline constexpr Kind kGateway{.name = "gateway", .summary = "Lets things in", .settings = kGatewaySettings};
inline constexpr Kind kQuorum{.name = "quorum", .summary = "Agrees", .in_blueprint = false};
inline constexpr std::array<const Kind*, 4> kCatalog{&kStore, &kCache, &kGateway, &kQuorum};

}  // namespace catalog_for_tests
}  // namespace keelson
