#include <algorithm>
#include <chrono>
#include <thread>

#include "components/postgresql/parameters.h"
#include "components/postgresql/patroni.h"
#include "components/postgresql/scram.h"
#include "components/postgresql/sql.h"
#include "components/postgresql/verbs.h"

namespace keelson::postgresql {
namespace {

constexpr std::string_view kSynchronousStandby = "synchronous standby";
constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kPause = std::chrono::milliseconds(250);
/// A statement that commits waits for a synchronous standby to have it.
constexpr int kStatementMs = 60'000;

Result<void> find_roles(World& world, const Wish& wish, PgConnection& session, Found& out) {
  KEELSON_TRY(const PgRows rows, session.query(
      "select rolname, rolcanlogin, rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls, rolpassword"
      " from pg_catalog.pg_authid where rolname !~ '^pg_'"));
  for (std::size_t row = 0; row < rows.rows.size(); ++row) {
    const std::string name = rows.text(row, 0);
    Found::Role role{.login = rows.boolean(row, 1), .privileged = rows.boolean(row, 2)};
    const bool wanted = std::any_of(wish.databases.begin(), wish.databases.end(), [&](const auto& d) { return d.owner == name; });
    if (wanted) {
      KEELSON_TRY(const Secret secret, world.secret(wish.component + "/" + name));
      role.password_fits = fits(rows.text(row, 3), secret);
    }
    out.roles.emplace(name, role);
  }
  return {};
}

Result<void> find_databases(PgConnection& session, Found& out) {
  KEELSON_TRY(const PgRows rows, session.query(
      "select d.datname, pg_catalog.pg_get_userbyid(d.datdba), a.grantee = 0, case when a.grantee <> 0 then pg_catalog.pg_get_userbyid(a.grantee) end,"
      " a.privilege_type from pg_catalog.pg_database d left join lateral"
      " pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a on true where d.datname <> 'template0'"));
  for (std::size_t row = 0; row < rows.rows.size(); ++row) {
    const auto [entry, fresh] = out.databases.try_emplace(rows.text(row, 0));
    Found::Database& database = entry->second;
    if (fresh) database.public_connects = false;
    database.owner = rows.text(row, 1);
    if (rows.boolean(row, 2)) database.public_connects = true;
    else if (rows.text(row, 4) == "CONNECT") database.connects.insert(rows.text(row, 3));
  }
  return {};
}

Result<void> find_contents(World& world, const Member& leader, const std::string& name, Found::Database& out) {
  KEELSON_TRY(PgConnection session, open_admin(world, leader, name));
  KEELSON_TRY(const PgRows schema, session.query(
      "select pg_catalog.pg_get_userbyid(nspowner), exists (select from pg_catalog.aclexplode(nspacl) where grantee = 0)"
      " from pg_catalog.pg_namespace where nspname = 'public'"));
  out.schema_owner = schema.text(0, 0);
  out.public_uses_schema = schema.boolean(0, 1);
  KEELSON_TRY(const PgRows lookup, session.query(
      "select p.prosrc from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace"
      " where n.nspname = 'pgb' and p.proname = 'lookup' and p.prosecdef"
      " and pg_catalog.has_function_privilege('pgb_auth', p.oid, 'execute') and pg_catalog.has_schema_privilege('pgb_auth', n.oid, 'usage')"
      " and not exists (select from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) where grantee = 0)"));
  out.lookup = lookup.text(0, 0);
  KEELSON_TRY(const PgRows extensions, session.query("select extname from pg_catalog.pg_extension"));
  for (std::size_t row = 0; row < extensions.rows.size(); ++row) out.extensions.insert(extensions.text(row, 0));
  return {};
}

Result<std::vector<Change>> changes(World& world, const Component& component, const Member& leader) {
  const Wish wish = wish_of(component.name, component.settings);
  Found found;
  KEELSON_TRY(PgConnection session, open_admin(world, leader, "postgres"));
  KEELSON_CHECK(find_roles(world, wish, session, found));
  KEELSON_CHECK(find_databases(session, found));
  for (const auto& database : wish.databases) {
    const auto known = found.databases.find(database.name);
    if (known == found.databases.end()) continue;
    if (!found.roles.contains("pgb_auth")) break;  // has_…_privilege would fail; all look-ups are then missing anyway
    KEELSON_CHECK(find_contents(world, leader, database.name, known->second));
  }
  return missing(wish, found);
}

/// Puts verifiers where the text names secrets.
Result<std::string> spelled(World& world, PgConnection& session, const Text& sql) {
  std::string out;
  for (const Text::Piece& piece : sql.pieces()) {
    if (const auto* literal = std::get_if<std::string>(&piece)) {
      out += *literal;
      continue;
    }
    const SecretRef& ref = std::get<SecretRef>(piece);
    KEELSON_TRY(const Secret secret, world.secret(ref.name));
    KEELSON_TRY(const Secret verifier, session.scram_verifier({}, secret));
    out += verifier.reveal();
  }
  return out;
}

bool has_synchronous_standby(const std::vector<ClusterMember>& members) {
  return std::any_of(members.begin(), members.end(), [](const ClusterMember& m) { return m.role == "sync_standby"; });
}

/// After a start all members are ready as replicas before one of them takes the leader key.
Result<const Member*> await_leader(const Patroni& patroni) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    auto leader = patroni.leader();
    if (leader || std::chrono::steady_clock::now() > deadline) return leader;
    std::this_thread::sleep_for(kPause);
  }
}

/// Patroni looks for a synchronous standby in its loop, every 10 s, and needs two rounds. Any call of PATCH /config ends the
/// leader's wait, so repeating the configuration it already has brings it there in well under a second.
Result<void> await_synchronous_standby(const Patroni& patroni, const Component& component) {
  KEELSON_TRY(const Json wanted, dynamic_configuration(component.settings));
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    KEELSON_TRY(const auto members, patroni.cluster());
    if (has_synchronous_standby(members)) return {};
    if (std::chrono::steady_clock::now() > deadline)
      return fail_as(ErrorCode::not_healthy, "no member became synchronous standby", component.name, "no replica streams from the primary",
                     "keelson why " + component.name);
    KEELSON_CHECK(patroni.change(wanted));
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

Result<std::vector<Provision>> observe_provision(World& world, const Foundation&, const Component& component) {
  const Patroni patroni(world, component);
  // Not the member that a young cluster's primary usually is: that one is asked for its live settings at the same time.
  KEELSON_TRY(const auto members, patroni.cluster(&component.members.back()));
  KEELSON_TRY(const Member* leader, patroni.leader(members));
  std::vector<Provision> out;
  if (synchronous(component.settings) && !has_synchronous_standby(members)) out.push_back({std::string(kSynchronousStandby), "none is chosen"});
  KEELSON_TRY(const std::vector<Change> needed, changes(world, component, *leader));
  for (const Change& change : needed) out.push_back({change.what, change.reason});
  return out;
}

Result<void> provision(World& world, const Foundation&, const Component& component) {
  const Patroni patroni(world, component);
  KEELSON_TRY(const Member* leader, await_leader(patroni));
  if (synchronous(component.settings)) KEELSON_CHECK(await_synchronous_standby(patroni, component));
  KEELSON_TRY(const std::vector<Change> needed, changes(world, component, *leader));
  for (const Change& change : needed) {
    KEELSON_TRY(PgConnection session, open_admin(world, *leader, change.database));
    for (const Text& statement : change.sql) {
      KEELSON_TRY(const std::string sql, spelled(world, session, statement));
      if (auto done = session.query(sql, {}, kStatementMs); !done) {
        Error error = std::move(done).error();
        error.what = change.what + ": " + error.what;
        return unexpected(std::move(error));
      }
    }
  }
  return {};
}

}  // namespace keelson::postgresql
