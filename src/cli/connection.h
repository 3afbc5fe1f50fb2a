#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "model/foundation.h"

namespace keelson::cli {

/// An endpoint and who logs in there.
struct Connection {
  const Endpoint* endpoint = nullptr;
  EndpointUser user = {};
};

/// The endpoint a person means by a component's or endpoint's name and a role. Pure. The role may be a user's name
/// ("nexus_app"), the last word of its secret ("app" for "postgresql/app"), or `ro`, `replica`, `primary`, which choose the
/// endpoint and its first user. "" = the first endpoint that takes writes, its first user. The Error lists what there is.
Result<Connection> choose_connection(const Foundation& foundation, const std::string& component, const std::string& role);

using Variables = std::vector<std::pair<std::string, std::string>>;

/// The variables that clients of the endpoint's protocol read (PGHOST … or REDIS_HOST …). `host` is what clients shall
/// connect to. The result holds the password in clear: only `env` and `connect` may use it.
Result<Variables> connection_variables(const Connection& connection, const std::string& host, const Secret& password, const std::string& ca_path);

/// The endpoint's name when this machine resolves it to the endpoint's address, else the address; certificates carry both.
std::string reachable_host(const Foundation& foundation, const Endpoint& endpoint);

/// A word that a POSIX shell reads back as exactly these bytes.
std::string shell_quoted(std::string_view text);

}  // namespace keelson::cli
