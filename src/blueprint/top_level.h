#pragma once
#include <array>
#include <span>
#include <string_view>

#include "component/setting.h"

namespace keelson {

/// The fields of a blueprint beside `components` and `profiles`, as a settings table: validation and JSON Schema read it.
inline constexpr Setting kAccessFields[] = {
    {.name = "local", .type = SettingType::list, .default_value = "[]",
     .doc = "Users of this machine who may reach the endpoints. Default: whoever ran `keelson up`."},
};
inline constexpr Setting kPublishFields[] = {
    {.name = "endpoint", .type = SettingType::name, .doc = "The endpoint, such as postgresql-primary. Members are never published.", .required = true},
    {.name = "at", .type = SettingType::text,
     .doc = "IPv4 address and port, such as 127.0.0.1:5432. The address must be one of this machine, or 0.0.0.0 for all of them; the port at least 1024.",
     .required = true},
    {.name = "from", .type = SettingType::list, .default_value = "[]",
     .doc = "Whose connections are taken there: IPv4 addresses and networks, such as 192.0.2.0/24; 0.0.0.0/0 is everybody. Default of an address of 127.0.0.0/8: "
            "127.0.0.0/8, everybody on this machine. Others must say it."},
};
inline constexpr Setting kTopFields[] = {
    {.name = "foundation", .type = SettingType::name,
     .doc = "The name of this foundation, a DNS label. Its state directory and its names derive from it.", .required = true},
    {.name = "domain", .type = SettingType::text,
     .doc = "The DNS domain that the names of endpoints and members end in. Default: <foundation>.internal."},
    {.name = "runtime", .type = SettingType::choice, .default_value = "native",
     .doc = "Where it runs: processes of this machine, Docker Compose, or Kubernetes.", .choices = "native|compose|kubernetes"},
    {.name = "protect", .type = SettingType::boolean, .default_value = "false",
     .doc = "Refuse drills and sabotage, as on a foundation that people depend on."},
    {.name = "access", .type = SettingType::object, .doc = "Who may reach the endpoints.", .fields = kAccessFields},
    {.name = "publish", .type = SettingType::list, .default_value = "[]",
     .doc = "Further places where endpoints are reached, outside the foundation's own addresses.", .applies = Applies::reload, .fields = kPublishFields},
    {.name = "images", .type = SettingType::map,
     .doc = "What containers run, on Docker Compose and Kubernetes: an image for a component (or for all of a kind), such as orders: \"shop/orders:1.4\" or by digest, "
            "name@sha256:… . A program of your own (kind custom) needs one there; for everything else keelson has its own images. Natively it means nothing."},
};

/// A profile may change everything but the name.
inline constexpr std::span<const Setting> kProfileFields = std::span(kTopFields).subspan(1);

inline constexpr std::array<std::string_view, 2> kTopAlso{"components", "profiles"};
inline constexpr std::array<std::string_view, 1> kProfileAlso{"components"};
inline constexpr std::array<std::string_view, 1> kComponentAlso{"kind"};

}  // namespace keelson
