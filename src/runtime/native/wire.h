#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "runtime/native/agent_client.h"

namespace keelson::native {

// What agent and client say to each other, in both directions. The routes are in docs/design/supervision.md.

/// "ready"; the names of Life in JSON.
std::string_view life_name(Life life);
std::optional<Life> life_from(std::string_view name);

Json to_json(const ProcessStatus& status);
ProcessStatus status_from_json(const Json& json);

/// {"code":…,"what":…,"where":…,"why":…,"next":…}
Json error_json(const Error& error);
Error error_from_json(const Json& json);

}  // namespace keelson::native
