#include "client/client.h"

#include <chrono>
#include <thread>

#include "components/postgresql/patroni.h"

namespace keelson::clients {
namespace {

constexpr int kDialMs = 3'000;
constexpr int kCommandMs = 3'000;
constexpr int kPollMs = 50;

std::string full_name(const Foundation& foundation, const std::string& name) { return names_of(foundation, name).back(); }

std::vector<Database> databases_of(const Component& component) {
  std::vector<Database> out;
  if (!has(component.settings, "databases")) return out;
  for (const SettingValue& database : at(component.settings, "databases").list()) {
    const std::string& owner = text(database.object(), "owner");
    out.push_back({text(database.object(), "name"), owner, component.name + "/" + owner});
  }
  return out;
}

}  // namespace

Target target_of(const Foundation& foundation, const Endpoint& endpoint) {
  return {endpoint.name, full_name(foundation, endpoint.name), endpoint.address, endpoint.port, endpoint.component};
}

Target target_of(const Foundation& foundation, const Member& member, int port) {
  return {member.name, full_name(foundation, member.name), member.address, port, member.component};
}

std::vector<PostgresqlView> postgresql_of(const Foundation& foundation) {
  std::vector<PostgresqlView> out;
  for (const Component& component : foundation.components) {
    if (component.kind->name != "postgresql") continue;
    PostgresqlView view{.component = &component, .databases = databases_of(component)};
    for (const Endpoint& endpoint : foundation.endpoints)
      if (endpoint.component == component.name) (endpoint.read_only ? view.replica : view.primary) = &endpoint;
    if (const Component* pooler = find_companion(foundation, component.name, "pgbouncer")) view.pooler = find_endpoint(foundation, pooler->name);
    if (view.primary != nullptr) out.push_back(std::move(view));
  }
  return out;
}

std::vector<RedisView> redis_of(const Foundation& foundation) {
  std::vector<RedisView> out;
  for (const Component& component : foundation.components) {
    if (component.kind->name != "redis") continue;
    RedisView view{.component = &component};
    for (const Endpoint& endpoint : foundation.endpoints)
      if (endpoint.component == component.name) (endpoint.read_only ? view.replica : view.master) = &endpoint;
    view.sentinels = find_companion(foundation, component.name, "redis-sentinel");
    if (view.master != nullptr) out.push_back(view);
  }
  return out;
}

PgAddress pg_address(World& world, const Target& target, const std::string& database, const std::string& user) {
  PgAddress out;
  out.host = target.host;
  out.address = target.address;
  out.port = target.port;
  out.database = database;
  out.user = user;
  out.trust_file = world.trust_file(TrustDomain::services);
  out.application = "keelson";
  return out;
}

Result<PgConnection> open_pg(World& world, const Target& target, const Database& database) {
  PgAddress address = pg_address(world, target, database.name, database.owner);
  KEELSON_TRY(address.password, world.secret(database.secret));
  return PgConnection::open(address);
}

Result<PgConnection> open_pg_admin(World& world, const Member& member, const std::string& database) { return postgresql::open_admin(world, member, database); }

Result<const Member*> primary_member(World& world, const Component& component) {
  std::string seen;
  for (const Member& member : component.members) {
    auto session = open_pg_admin(world, member);
    if (!session) {
      seen += (seen.empty() ? "" : "; ") + session.error().why;
      continue;
    }
    const auto rows = session->query("select pg_is_in_recovery()");
    if (rows && !rows->boolean(0, 0)) return &member;
  }
  return fail("no member is primary", component.name, seen);
}

bool has_sqlstate(const Error& error, std::string_view sqlstate) {
  return error.why.find("SQLSTATE " + std::string(sqlstate)) != std::string::npos;
}

Result<RespClient> dial_redis(World& world, const Target& target) {
  const Dial dial{.address = target.address, .port = target.port, .trust_file = world.trust_file(TrustDomain::services),
                  .server_name = target.host};
  return RespClient::connect(dial, Deadline::in_ms(kDialMs));
}

Result<RespClient> open_redis(World& world, const Target& target, const std::string& user, const std::string& secret) {
  KEELSON_TRY(const Secret password, world.secret(secret));
  KEELSON_TRY(RespClient client, dial_redis(world, target));
  KEELSON_CHECK(client.authenticate(user, password, Deadline::in_ms(kCommandMs)));
  return client;
}

Result<RespValue> ask(RespClient& client, const std::vector<std::string>& command) {
  return client.expect(command, Deadline::in_ms(kCommandMs));
}

bool eventually(int within_ms, const std::function<bool()>& once) {
  const Deadline deadline = Deadline::in_ms(within_ms);
  while (true) {
    if (once()) return true;
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

}  // namespace keelson::clients
