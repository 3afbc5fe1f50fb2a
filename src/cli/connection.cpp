#include "cli/connection.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

#include "base/units.h"

namespace keelson::cli {
namespace {

enum class Wanted { any, writing, reading };

Wanted wanted_by(const std::string& role) {
  if (role == "ro" || role == "read-only" || role == "replica") return Wanted::reading;
  if (role == "rw" || role == "primary" || role == "master") return Wanted::writing;
  return Wanted::any;
}

std::vector<const Endpoint*> endpoints_of(const Foundation& foundation, const std::string& name) {
  if (const Endpoint* endpoint = find_endpoint(foundation, name)) return {endpoint};
  std::vector<const Endpoint*> found;
  for (const Endpoint& endpoint : foundation.endpoints)
    if (endpoint.component == name) found.push_back(&endpoint);
  // A user's name alone means the endpoint that takes writes.
  std::stable_partition(found.begin(), found.end(), [](const Endpoint* endpoint) { return !endpoint->read_only; });
  return found;
}

std::string last_word(const std::string& secret) { return secret.substr(secret.rfind('/') + 1); }

Error no_such_component(const Foundation& foundation, const std::string& name) {
  std::vector<std::string> known;
  for (const Endpoint& endpoint : foundation.endpoints) {
    known.push_back(endpoint.name);
    known.push_back(endpoint.component);
  }
  const std::string near = nearest(name, known);
  std::string all;
  for (const Endpoint& endpoint : foundation.endpoints) all += (all.empty() ? "" : ", ") + endpoint.name;
  return {ErrorCode::usage, "no component or endpoint '" + name + "'", {}, {},
          near.empty() ? "the endpoints are: " + all : "did you mean '" + near + "'?"};
}

}  // namespace

Result<Connection> choose_connection(const Foundation& foundation, const std::string& component, const std::string& role) {
  const auto endpoints = endpoints_of(foundation, component);
  if (endpoints.empty()) return unexpected(no_such_component(foundation, component));

  const Wanted wanted = wanted_by(role);
  const bool by_place = role.empty() || wanted != Wanted::any;
  const bool named = find_endpoint(foundation, component) != nullptr;
  std::string users;
  for (const Endpoint* endpoint : endpoints) {
    for (const EndpointUser& user : endpoint->users) {
      if (!by_place && (user.name == role || (!user.secret.empty() && last_word(user.secret) == role))) return Connection{endpoint, user};
      if (users.find(user.name) == std::string::npos) users += (users.empty() ? "" : ", ") + user.name;
    }
    const bool fits = wanted == Wanted::reading ? endpoint->read_only : named || !endpoint->read_only;
    if (by_place && fits) return Connection{endpoint, endpoint->users.empty() ? EndpointUser{} : endpoint->users.front()};
  }
  if (by_place) return fail_as(ErrorCode::usage, component + " has no endpoint for role '" + role + "'", {}, {}, "see `keelson access`");
  return fail_as(ErrorCode::usage, component + " has no user or role '" + role + "'", {}, {}, users.empty() ? "leave --role out" : "the users are: " + users);
}

Result<Variables> connection_variables(const Connection& connection, const std::string& host, const Secret& password, const std::string& ca_path) {
  const Endpoint& endpoint = *connection.endpoint;
  const std::string port = std::to_string(endpoint.port);
  const std::string secret(password.reveal());
  if (endpoint.protocol == "postgresql") {
    return Variables{{"PGHOST", host},       {"PGPORT", port},         {"PGDATABASE", endpoint.database}, {"PGUSER", connection.user.name},
                     {"PGPASSWORD", secret}, {"PGSSLMODE", "verify-full"}, {"PGSSLROOTCERT", ca_path}};
  }
  if (endpoint.protocol == "redis") {
    return Variables{{"REDIS_HOST", host},       {"REDIS_PORT", port},  {"REDIS_USERNAME", connection.user.name}, {"REDIS_PASSWORD", secret},
                     {"REDIS_TLS", "true"}, {"REDIS_CA_FILE", ca_path}, {"REDISCLI_AUTH", secret}};
  }
  return fail_as(ErrorCode::not_supported, "keelson knows no connection variables for protocol '" + endpoint.protocol + "'", endpoint.name, {},
                 "see `keelson access` for its address");
}

std::string reachable_host(const Foundation& foundation, const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  for (const std::string& name : names_of(foundation, endpoint.name)) {
    addrinfo* raw = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &hints, &raw) != 0) continue;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr, text, sizeof text);
    if (endpoint.address == text) return name;
  }
  return endpoint.address;
}

std::string shell_quoted(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+,=";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) return std::string(text);
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out + "'";
}

}  // namespace keelson::cli
