#include "components/postgresql/databases.h"
#include "components/postgresql/parameters.h"
#include "components/postgresql/verbs.h"

namespace keelson::postgresql {
namespace {

/// Sessions kept back for the superuser, replication and keelson itself.
constexpr std::int64_t kReservedSessions = 15;

tl::unexpected<Error> impossible(std::string what, std::string why, std::string next) {
  return fail_as(ErrorCode::invalid_blueprint, std::move(what), {}, std::move(why), std::move(next));
}

Result<void> check_durability(const Settings& settings) {
  const std::string& durability = text(settings, "durability");
  if (durability == "quorum")
    return fail_as(ErrorCode::not_supported, "durability is quorum", {}, "quorum commit needs Patroni 4; this foundation gets Patroni 3.0",
                   "use synchronous");
  if (durability == "synchronous" && number(settings, "members") < 2)
    return impossible("durability is synchronous with 1 member", "there is no second member that could hold a commit",
                      "use members: 2 or more, or say durability: asynchronous");
  return {};
}

Result<void> check_sessions(const Settings& settings) {
  const Settings& pooler = at(settings, "pooler").object();
  std::int64_t pools = 0;
  for ([[maybe_unused]] const SettingValue& database : at(settings, "databases").list()) ++pools;
  const std::int64_t wanted = pools * number(pooler, "members") * number(pooler, "pool-size");
  const std::int64_t room = number(settings, "max-connections") - kReservedSessions;
  if (wanted <= room) return {};
  return impossible("the pooler may open " + std::to_string(wanted) + " server sessions, but max-connections leaves room for " + std::to_string(room),
                    std::to_string(pools) + " databases x " + std::to_string(number(pooler, "members")) + " poolers x pool-size " +
                        std::to_string(number(pooler, "pool-size")),
                    "raise max-connections or lower pooler.pool-size");
}

Endpoint endpoint(const std::string& name, std::string path, const std::string& component, const Settings& settings) {
  Endpoint out{.name = name, .component = component, .port = kPort, .protocol = "postgresql",
               .check = {.protocol = RoleCheckProtocol::https, .port = kRestPort, .request = std::move(path)},
               .users = users_of(component, settings)};
  const auto& databases = at(settings, "databases").list();
  if (!databases.empty()) out.database = text(databases.front().object(), "name");
  return out;
}

void add_endpoints(const std::string& name, const Settings& settings, Shape& out) {
  Endpoint primary = endpoint(name + "-primary", "/primary", name, settings);
  out.endpoints.push_back(std::move(primary));
  if (number(settings, "members") < 2) return;
  Endpoint replica = endpoint(name + "-replica", "/replica", name, settings);
  replica.read_only = true;
  replica.spread = true;
  out.endpoints.push_back(std::move(replica));
}

void add_consensus(const std::string& name, Shape& out) {
  out.companions.push_back({.name = "etcd", .kind = "etcd"});
  out.edges.push_back({name, "etcd", 2379, "Patroni keeps the leader key there"});
}

void add_companions(const std::string& name, const Settings& settings, Shape& out) {
  const Settings& pooler = at(settings, "pooler").object();
  if (number(pooler, "members") > 0) {
    Settings own = pooler;
    own.emplace("of", SettingValue(name));
    SettingValue::List databases;
    for (const SettingValue& database : at(settings, "databases").list()) {
      Settings entry;
      entry.emplace("name", at(database.object(), "name"));
      entry.emplace("owner", at(database.object(), "owner"));
      databases.emplace_back(std::move(entry));
    }
    own.emplace("databases", SettingValue(std::move(databases)));
    out.companions.push_back({.name = name + "-pooler", .kind = "pgbouncer", .settings = std::move(own)});
    out.edges.push_back({name + "-endpoints", name + "-pooler", 6432, "pooled sessions"});
  }
  out.companions.push_back({.name = name + "-endpoints", .kind = "haproxy"});
}

}  // namespace

Result<Shape> shape(const ShapeInput& input) {
  const Settings& settings = input.settings;
  KEELSON_CHECK(check_durability(settings));
  KEELSON_CHECK(check_databases(settings));
  KEELSON_CHECK(check_sessions(settings));
  KEELSON_CHECK(parameters_of(settings));

  const std::string name(input.component);
  Shape out;
  for (int i = 1; i <= number(settings, "members"); ++i) {
    const std::string member = name + "-" + std::to_string(i);
    out.members.push_back({member, {member}});
  }
  add_endpoints(name, settings, out);
  if (!input.leases) add_consensus(name, out);
  add_companions(name, settings, out);
  out.secrets = passwords_of(name, settings);
  out.edges.push_back({name, name, kPort, "replication"});
  out.edges.push_back({name, name, kRestPort, "Patroni asks other members before a failover"});
  out.edges.push_back({name + "-endpoints", name, kPort, "client sessions"});
  out.edges.push_back({name + "-endpoints", name, kRestPort, "who is primary"});
  return out;
}

}  // namespace keelson::postgresql
