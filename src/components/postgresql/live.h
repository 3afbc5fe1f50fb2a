#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "component/kind.h"

namespace keelson::postgresql {

/// Names of the LiveSettings of this room: `dcs/<path>` is a key of Patroni's dynamic configuration ("dcs/ttl",
/// "dcs/postgresql/parameters/max_connections"), `alter-system/<parameter>` a line in postgresql.auto.conf, `pg_hba` the rules in
/// pg_hba.conf.
inline constexpr std::string_view kDynamicPrefix = "dcs/";
inline constexpr std::string_view kAlterSystemPrefix = "alter-system/";
inline constexpr std::string_view kAccessRules = "pg_hba";
inline constexpr std::string_view kUnset = "(not set)";

/// Every key in which two configurations differ; what `wanted` does not name must not be there. Pure.
std::vector<LiveSetting> dynamic_differences(const Json& wanted, const Json& actual);

/// The patch (RFC 7386 like: null removes) that puts the key of such a difference right. Pure.
Json dynamic_patch(const Json& wanted, std::string_view name);

}  // namespace keelson::postgresql
