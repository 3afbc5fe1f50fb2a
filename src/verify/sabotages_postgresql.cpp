#include "client/client.h"
#include "verify/damage.h"

namespace keelson::damages {
namespace {

using clients::open_pg_admin;
using clients::postgresql_of;
using clients::PostgresqlView;

Result<PostgresqlView> first_postgresql(CheckContext& context) {
  const auto all = postgresql_of(context.foundation);
  if (all.empty()) return not_here("the foundation has no PostgreSQL");
  return all.front();
}

Result<Json> choose_primary(CheckContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context));
  KEELSON_TRY(const Member* primary, clients::primary_member(context.runtime.world(), *view.component));
  return record_of(*primary);
}

Result<Json> choose_replica(CheckContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context));
  KEELSON_TRY(const Member* primary, clients::primary_member(context.runtime.world(), *view.component));
  for (const Member& member : view.component->members)
    if (&member != primary) return record_of(member);
  return not_here(view.component->name + " has no replica");
}

/// Statements of the administrator on the victim, then its configuration read again.
Result<void> administer(CheckContext& context, const Json& record, const std::string& statement) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_TRY(PgConnection admin, open_pg_admin(context.runtime.world(), *victim.member));
  if (!statement.empty()) KEELSON_CHECK(admin.query(statement));
  KEELSON_CHECK(admin.query("select pg_reload_conf()"));
  return {};
}

// --- PG-1: the replica endpoint asks its members for the primary ---------------------------------------------------

Result<Json> choose_endpoints(CheckContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context));
  const Component* balancer = find_companion(context.foundation, view.component->name, "haproxy");
  if (view.replica == nullptr || balancer == nullptr) return not_here(view.component->name + " has no replica endpoint");
  return record_of(balancer->members.front()).set("endpoint", view.replica->name);
}

std::string first_file(const Victim& victim) {
  const Instance& instance = victim.member->instances.front();
  return instance.place.config + "/" + instance.files.front().path;
}

Result<void> point_at_primary(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_TRY(std::string text, text_of(first_file(victim)));
  const std::size_t section = text.find("listen " + record["endpoint"].as_string() + "\n");
  const std::size_t check = section == std::string::npos ? section : text.find("uri /replica", section);
  if (check == std::string::npos) return fail("the role check of the endpoint is not where it was", first_file(victim));
  text.replace(check, 12, "uri /primary");
  KEELSON_CHECK(replace_file(first_file(victim), text));
  return reload(context, victim);
}

Result<void> put_first_file_back(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_CHECK(put_back(first_file(victim)));
  return reload(context, victim);
}

// --- PG-2, PG-6: ALTER SYSTEM ------------------------------------------------------------------------------------------

Result<void> commit_off(CheckContext& context, const Json& record) { return administer(context, record, "alter system set synchronous_commit = 'off'"); }
Result<void> commit_reset(CheckContext& context, const Json& record) { return administer(context, record, "alter system reset synchronous_commit"); }
Result<void> vacuum_off(CheckContext& context, const Json& record) { return administer(context, record, "alter system set autovacuum = 'off'"); }
Result<void> vacuum_reset(CheckContext& context, const Json& record) { return administer(context, record, "alter system reset autovacuum"); }

// --- PG-3: the owner may create roles. Not superuser: the pooler refuses superusers, and every check of it would go red --

Result<Json> choose_owner(CheckContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context));
  if (view.databases.empty()) return not_here(view.component->name + " has no database");
  return Json::object().set("component", view.component->name).set("role", view.databases.front().owner);
}

/// Roles are written on whoever is primary now. Identifiers come validated from the blueprint ([a-z_][a-z0-9_]*).
Result<void> alter_owner(CheckContext& context, const Json& record, const std::string& rights) {
  const Component* component = find_component(context.foundation, record["component"].as_string());
  if (component == nullptr) return fail("no such component", record["component"].as_string());
  KEELSON_TRY(const Member* primary, clients::primary_member(context.runtime.world(), *component));
  KEELSON_TRY(PgConnection admin, open_pg_admin(context.runtime.world(), *primary));
  KEELSON_CHECK(admin.query("alter role \"" + record["role"].as_string() + "\" " + rights));
  return {};
}
Result<void> give_rights(CheckContext& context, const Json& record) { return alter_owner(context, record, "createrole createdb"); }
Result<void> take_rights(CheckContext& context, const Json& record) { return alter_owner(context, record, "nocreaterole nocreatedb"); }

// --- PG-4: a trust line ------------------------------------------------------------------------------------------------

/// Patroni writes this file; keelson only names its rules.
std::string hba_file(const Victim& victim) { return victim.member->instances.front().place.data + "/pgdata/pg_hba.conf"; }

Result<void> add_trust(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_TRY(const std::string rules, text_of(hba_file(victim)));
  KEELSON_CHECK(replace_file(hba_file(victim), "host all all 127.0.0.0/8 trust\n" + rules));
  return administer(context, record, "");
}

Result<void> remove_trust(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_CHECK(put_back(hba_file(victim)));
  return administer(context, record, "");
}

// --- PG-5: poolers that take few clients ---------------------------------------------------------------------------------

Result<Json> choose_poolers(CheckContext& context) {
  KEELSON_TRY(const PostgresqlView view, first_postgresql(context));
  if (view.pooler == nullptr) return not_here(view.component->name + " has no pooler");
  return Json::object().set("component", view.pooler->component);
}

Result<void> on_each_pooler(CheckContext& context, const Json& record, Result<void> (*work)(const std::string&)) {
  const Component* poolers = find_component(context.foundation, record["component"].as_string());
  if (poolers == nullptr) return fail("no such component", record["component"].as_string());
  for (const Member& member : poolers->members) {
    const Victim victim{poolers, &member};
    KEELSON_CHECK(work(first_file(victim)));
    KEELSON_CHECK(reload(context, victim));
  }
  return {};
}

Result<void> cut_clients(const std::string& path) {
  KEELSON_TRY(std::string text, text_of(path));
  const std::size_t at = text.find("max_client_conn = ");
  if (at == std::string::npos) return fail("max_client_conn is not there", path);
  text.replace(at, text.find('\n', at) - at, "max_client_conn = 100");
  return replace_file(path, text);
}

Result<void> few_clients(CheckContext& context, const Json& record) { return on_each_pooler(context, record, cut_clients); }
Result<void> all_clients(CheckContext& context, const Json& record) { return on_each_pooler(context, record, put_back); }

// --- TD-1: PostgreSQL believes the services root for clients ---------------------------------------------------------------

std::string client_roots(const Victim& victim) { return victim.member->instances.front().place.tls + "/members.crt"; }

Result<void> believe_services(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_TRY(const std::string own, text_of(client_roots(victim)));
  KEELSON_TRY(const std::string foreign, text_of(context.runtime.world().trust_file(TrustDomain::services)));
  KEELSON_CHECK(replace_file(client_roots(victim), own + foreign));
  return administer(context, record, "");
}

Result<void> believe_members_only(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_CHECK(put_back(client_roots(victim)));
  return administer(context, record, "");
}

}  // namespace

const Deed kReplicaEndpointToPrimary{choose_endpoints, point_at_primary, put_first_file_back};
const Deed kCommitWithoutWaiting{choose_primary, commit_off, commit_reset};
const Deed kMoreRights{choose_owner, give_rights, take_rights};
const Deed kTrustLine{choose_replica, add_trust, remove_trust};
const Deed kFewClients{choose_poolers, few_clients, all_clients};
const Deed kNoVacuum{choose_primary, vacuum_off, vacuum_reset};
const Deed kForeignRoot{choose_replica, believe_services, believe_members_only};

}  // namespace keelson::damages
