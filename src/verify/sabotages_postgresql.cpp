// What an administrator of PostgreSQL can do wrong by SQL, from wherever clients are.
#include "client/client.h"
#include "system/files.h"
#include "verify/damage.h"

namespace keelson::damages {
namespace {

using clients::open_pg_admin;
using clients::PostgresqlView;

Result<Json> choose_primary(ClientContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context.foundation));
  KEELSON_TRY(const Member* primary, clients::primary_member(context.world, *view.component));
  return record_of(*primary);
}

Result<Json> choose_replica(ClientContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context.foundation));
  KEELSON_TRY(const Member* primary, clients::primary_member(context.world, *view.component));
  for (const Member& member : view.component->members)
    if (&member != primary) return record_of(member);
  return not_here(view.component->name + " has no replica");
}

Result<PgConnection> admin_of(ClientContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context.foundation, record));
  return open_pg_admin(context.world, *victim.member);
}

Result<void> reload(PgConnection& admin) {
  KEELSON_CHECK(admin.query("select pg_reload_conf()"));
  return {};
}

/// A statement of the administrator on the victim, then its configuration read again.
Result<void> administer(ClientContext& context, const Json& record, const std::string& statement) {
  KEELSON_TRY(PgConnection admin, admin_of(context, record));
  KEELSON_CHECK(admin.query(statement));
  return reload(admin);
}

/// On every member: one that was copied from the victim has its settings.
Result<void> reset_everywhere(ClientContext& context, const Json& record, const std::string& setting) {
  KEELSON_TRY(const Victim victim, victim_of(context.foundation, record));
  Result<void> out;
  for (const Member& member : victim.component->members)
    if (auto done = administer(context, record_of(member), "alter system reset " + setting); !done && out) out = std::move(done);
  return out;
}

// --- PG-2, PG-6: ALTER SYSTEM ------------------------------------------------------------------------------------------

Result<void> commit_off(ClientContext& context, const Json& record) { return administer(context, record, "alter system set synchronous_commit = 'off'"); }
Result<void> commit_reset(ClientContext& context, const Json& record) { return reset_everywhere(context, record, "synchronous_commit"); }
Result<void> vacuum_off(ClientContext& context, const Json& record) { return administer(context, record, "alter system set autovacuum = 'off'"); }
Result<void> vacuum_reset(ClientContext& context, const Json& record) { return reset_everywhere(context, record, "autovacuum"); }

// --- PG-3: the owner may create roles. Not superuser: the pooler refuses superusers, and every check of it would go red --

Result<Json> choose_owner(ClientContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context.foundation));
  if (view.databases.empty()) return not_here(view.component->name + " has no database");
  return Json::object().set("component", view.component->name).set("role", view.databases.front().owner);
}

/// Roles are written on whoever is primary now. Identifiers come validated from the blueprint ([a-z_][a-z0-9_]*).
Result<void> alter_owner(ClientContext& context, const Json& record, const std::string& rights) {
  const Component* component = find_component(context.foundation, record["component"].as_string());
  if (component == nullptr) return fail("no such component", record["component"].as_string());
  KEELSON_TRY(const Member* primary, clients::primary_member(context.world, *component));
  KEELSON_TRY(PgConnection admin, open_pg_admin(context.world, *primary));
  KEELSON_CHECK(admin.query("alter role \"" + record["role"].as_string() + "\" " + rights));
  return {};
}
Result<void> give_rights(ClientContext& context, const Json& record) { return alter_owner(context, record, "createrole createdb"); }
Result<void> take_rights(ClientContext& context, const Json& record) { return alter_owner(context, record, "nocreaterole nocreatedb"); }

// --- files that the server itself reads and writes (COPY TO; PostgreSQL 15 does it on a standby, too) -----------------------

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

/// Where the server has a file that a setting names.
Result<std::string> path_in(PgConnection& admin, const std::string& setting) {
  KEELSON_TRY(const PgRows row, admin.query("show " + setting));
  return row.text(0, 0);
}

Result<std::string> file_of_server(PgConnection& admin, const std::string& path) {
  KEELSON_TRY(const PgRows row, admin.query("select pg_read_file($1)", {path}));
  return row.text(0, 0);
}

/// Lines without backslashes and tabs, which COPY would write in other words; certificates and Patroni's rules have none. No text makes an empty file.
Result<void> write_on_server(PgConnection& admin, const std::string& path, std::string text) {
  if (text.find_first_of("\\\t") != std::string::npos) return fail("cannot be written by COPY", path);
  while (text.ends_with('\n')) text.pop_back();
  const std::string lines = text.empty() ? "select 1 where false" : "select unnest(string_to_array(" + quoted(text) + ", E'\\n'))";
  KEELSON_CHECK(admin.query("copy (" + lines + ") to " + quoted(path)));
  return {};
}

// --- PG-4: a trust line ------------------------------------------------------------------------------------------------

constexpr std::string_view kTrustEverybody = "host all all all trust\n";

/// Patroni writes this file; keelson only names its rules.
Result<void> with_rules(ClientContext& context, const Json& record, std::string (*change)(const std::string& rules)) {
  KEELSON_TRY(PgConnection admin, admin_of(context, record));
  KEELSON_TRY(const std::string path, path_in(admin, "hba_file"));
  KEELSON_TRY(const std::string rules, file_of_server(admin, path));
  KEELSON_CHECK(write_on_server(admin, path, change(rules)));
  return reload(admin);
}

Result<void> add_trust(ClientContext& context, const Json& record) {
  return with_rules(context, record, [](const std::string& rules) { return std::string(kTrustEverybody) + rules; });
}

Result<void> remove_trust(ClientContext& context, const Json& record) {
  return with_rules(context, record, [](const std::string& rules) { return rules.starts_with(kTrustEverybody) ? rules.substr(kTrustEverybody.size()) : rules; });
}

// --- TD-1: PostgreSQL believes the services root for clients ---------------------------------------------------------------

/// Where whoever is copied from the victim has it, too. Emptied afterwards: SQL removes no files.
Result<std::string> foreign_roots(PgConnection& admin) {
  KEELSON_TRY(const std::string data, path_in(admin, "data_directory"));
  return data + "/keelson-sabotage.crt";
}

Result<void> believe_services(ClientContext& context, const Json& record) {
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_TRY(const std::string foreign, files.read(context.world.trust_file(TrustDomain::services)));
  KEELSON_TRY(PgConnection admin, admin_of(context, record));
  KEELSON_TRY(const std::string own_path, path_in(admin, "ssl_ca_file"));
  KEELSON_TRY(const std::string own, file_of_server(admin, own_path));
  KEELSON_TRY(const std::string path, foreign_roots(admin));
  KEELSON_CHECK(write_on_server(admin, path, own + foreign));
  KEELSON_CHECK(admin.query("alter system set ssl_ca_file = " + quoted(path)));
  return reload(admin);
}

Result<void> believe_members_only(ClientContext& context, const Json& record) {
  KEELSON_CHECK(reset_everywhere(context, record, "ssl_ca_file"));
  KEELSON_TRY(PgConnection admin, admin_of(context, record));
  KEELSON_TRY(const std::string path, foreign_roots(admin));
  return write_on_server(admin, path, {});
}

}  // namespace

const Deed<ClientContext> kCommitWithoutWaiting{choose_primary, commit_off, commit_reset};
const Deed<ClientContext> kMoreRights{choose_owner, give_rights, take_rights};
const Deed<ClientContext> kTrustLine{choose_replica, add_trust, remove_trust};
const Deed<ClientContext> kNoVacuum{choose_primary, vacuum_off, vacuum_reset};
const Deed<ClientContext> kForeignRoot{choose_replica, believe_services, believe_members_only};

}  // namespace keelson::damages
