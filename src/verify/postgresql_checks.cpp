#include <set>

#include "base/units.h"
#include "client/client.h"
#include "verify/checks.h"
#include "verify/drill_proof.h"

namespace keelson::checks {
namespace {

constexpr int kReplayMs = 5'000;
constexpr std::string_view kReadOnly = "25006";     ///< read_only_sql_transaction
constexpr std::string_view kInsufficient = "42501"; ///< insufficient_privilege

Finding no_postgresql() { return skipped("the foundation has no PostgreSQL"); }

/// Writes a fresh row through the primary endpoint; its id.
Result<std::string> write_canary(PgConnection& session) {
  KEELSON_CHECK(session.query("create schema if not exists keelson_verify"));
  KEELSON_CHECK(session.query("create table if not exists keelson_verify.canary (id bigint generated always as identity primary key, "
                              "at timestamptz not null default now())"));
  KEELSON_CHECK(session.query("delete from keelson_verify.canary where at < now() - interval '1 hour'"));
  KEELSON_TRY(const PgRows row, session.query("insert into keelson_verify.canary default values returning id"));
  return row.text(0, 0);
}

/// Concurrent sessions on the replica endpoint: which servers they reached, each in recovery.
Result<std::set<std::string>> reached_replicas(ClientContext& context, const PostgresqlView& view, const Database& database) {
  const std::size_t sessions = 2 * (view.component->members.size() - 1);
  std::vector<PgConnection> open;
  std::set<std::string> servers;
  for (std::size_t i = 0; i < sessions; ++i) {
    KEELSON_TRY(PgConnection session, open_pg(context.world, target_of(context.foundation, *view.replica), database));
    KEELSON_TRY(const PgRows row, session.query("select pg_is_in_recovery(), host(inet_server_addr())"));
    if (!row.boolean(0, 0)) return fail("a session on the replica endpoint reached the primary", view.replica->name, row.text(0, 1));
    servers.insert(row.text(0, 1));
    open.push_back(std::move(session));
  }
  return servers;
}

Result<Finding> replica_side(ClientContext& context, const PostgresqlView& view, const Database& database, const std::string& id) {
  const Target target = target_of(context.foundation, *view.replica);
  KEELSON_TRY(PgConnection reader, open_pg(context.world, target, database));
  const bool arrived = eventually(kReplayMs, [&] {
    const auto rows = reader.query("select 1 from keelson_verify.canary where id = $1", {id});
    return rows && !rows->rows.empty();
  });
  if (!arrived) return failed("row " + id + " written through " + view.primary->name + " was not seen through " + target.where() + " within 5 s");
  const auto write = reader.query("insert into keelson_verify.canary default values");
  if (write) return failed("a write through " + target.where() + " was accepted", "keelson up mends the endpoint");
  if (!has_sqlstate(write.error(), kReadOnly)) return failed("a write through " + target.where() + " failed, but not as read-only: " + write.error().why);
  KEELSON_TRY(const std::set<std::string> servers, reached_replicas(context, view, database));
  const std::size_t replicas = view.component->members.size() - 1;
  if (servers.size() != replicas)
    return failed(std::to_string(servers.size()) + " of " + std::to_string(replicas) + " replicas answer behind " + target.where());
  return passed("row " + id + " written through " + view.primary->name + ", read through " + view.replica->name + "; a write there is refused (25006); " +
                std::to_string(replicas) + " replicas answer");
}

Result<Finding> tried_reads_and_writes(ClientContext& context, const PostgresqlView& view) {
  if (view.databases.empty()) return skipped(view.component->name + " has no database to write to");
  const Database& database = view.databases.front();
  KEELSON_TRY(PgConnection writer, open_pg(context.world, target_of(context.foundation, *view.primary), database));
  KEELSON_TRY(const std::string id, write_canary(writer));
  if (view.replica == nullptr) return passed("row " + id + " written through " + view.primary->name + "; one member, so no replica endpoint");
  return replica_side(context, view, database, id);
}

Result<Finding> tried_commit(ClientContext& context, const PostgresqlView& view) {
  if (view.databases.empty()) return skipped(view.component->name + " has no database");
  KEELSON_TRY(PgConnection session, open_pg(context.world, target_of(context.foundation, *view.primary), view.databases.front()));
  KEELSON_TRY(const PgRows commit, session.query("show synchronous_commit"));
  if (commit.text(0, 0) != "on" && commit.text(0, 0) != "remote_apply")
    return failed("an application session has synchronous_commit = " + commit.text(0, 0), "keelson plan names the setting; keelson up mends it");
  if (text(view.component->settings, "durability") != "synchronous")
    return unproven("durability is asynchronous: no drill can show that a failover never loses the last commits", "durability: synchronous in the blueprint");
  KEELSON_TRY(const PgRows names, session.query("show synchronous_standby_names"));
  if (names.text(0, 0).empty())
    return failed("the primary waits for no standby (synchronous_standby_names is empty)", "keelson plan names what is off; keelson status shows the replicas");
  return passed("synchronous_commit is " + commit.text(0, 0) + ", a commit waits for " + names.text(0, 0));
}

/// What the role may not have, as it says itself.
Result<std::string> excess(PgConnection& session) {
  KEELSON_TRY(const PgRows row, session.query("select concat_ws(', ', case when rolsuper then 'superuser' end, case when rolcreaterole then 'createrole' end, "
                                              "case when rolcreatedb then 'createdb' end, case when rolreplication then 'replication' end, "
                                              "case when rolbypassrls then 'bypassrls' end) from pg_roles where rolname = current_user"));
  return row.text(0, 0);
}

Result<Finding> tried_owner(ClientContext& context, const PostgresqlView& view, const Database& database) {
  const Target target = target_of(context.foundation, *view.primary);
  KEELSON_TRY(PgConnection session, open_pg(context.world, target, database));
  KEELSON_TRY(const std::string more, excess(session));
  if (!more.empty()) return failed(database.owner + " is " + more, "keelson up takes the rights back");
  KEELSON_CHECK(session.query("begin"));
  const auto created = session.query("create role keelson_verify_intruder");
  KEELSON_CHECK(session.query("rollback"));
  if (created) return failed(database.owner + " may create roles", "keelson up takes the rights back");
  if (!has_sqlstate(created.error(), kInsufficient)) return failed(database.owner + ": create role failed, but not for want of rights: " + created.error().why);
  std::vector<Database> others = {{"postgres", database.owner, database.secret}, {"template1", database.owner, database.secret}};
  for (const Database& other : view.databases)
    if (other.owner != database.owner) others.push_back({other.name, database.owner, database.secret});
  for (const Database& other : others)
    if (open_pg(context.world, target, other)) return failed(database.owner + " may connect to database " + other.name, "select * from pg_hba_file_rules shows the line that lets it in");
  return passed(database.owner);
}

/// The administrator works on the socket, in a container by keelson's certificate, and nowhere else.
Result<Finding> tried_admin(ClientContext& context, const PostgresqlView& view) {
  KEELSON_TRY(const Member* primary, primary_member(context.world, *view.component));
  KEELSON_TRY(PgConnection admin, open_pg_admin(context.world, *primary));
  KEELSON_TRY(const PgRows row, admin.query("select rolsuper from pg_roles where rolname = current_user"));
  if (!row.boolean(0, 0)) return failed("postgres on " + primary->name + " is no superuser");
  KEELSON_TRY(const PgRows stored, admin.query("select count(*) from pg_authid where rolsuper and rolpassword is not null"));
  if (stored.text(0, 0) != "0") return failed("a superuser has a password", "alter role … password null");
  PgAddress address = pg_address(context.world, target_of(context.foundation, *view.primary), "postgres", "postgres");
  address.password = Secret(std::string("postgres"));
  const auto network = PgConnection::open(address);
  if (network) return failed("postgres logs in over the network", "select * from pg_hba_file_rules shows the line that lets it in");
  return passed("postgres");
}

Result<Finding> tried_roles(ClientContext& context, const PostgresqlView& view) {
  std::vector<std::string> names;
  for (const Database& database : view.databases) {
    KEELSON_TRY(Finding one, tried_owner(context, view, database));
    if (one.state != CheckState::pass) return one;
    names.push_back(database.owner + " in " + database.name);
  }
  KEELSON_TRY(Finding admin, tried_admin(context, view));
  if (admin.state != CheckState::pass) return admin;
  return passed(joined(names) + " logged in: may not create roles, reaches no other database; postgres takes no password");
}

Result<std::int64_t> setting_bytes(PgConnection& session, const std::string& name) {
  KEELSON_TRY(const PgRows row, session.query("select pg_size_bytes(current_setting($1))", {name}));
  return std::strtoll(row.text(0, 0).c_str(), nullptr, 10);
}

/// Within [low, high] shares of the member's memory; "" when so.
Result<std::string> outside(PgConnection& session, const std::string& name, std::int64_t memory, double low, double high) {
  KEELSON_TRY(const std::int64_t bytes, setting_bytes(session, name));
  if (static_cast<double>(bytes) >= low * static_cast<double>(memory) && static_cast<double>(bytes) <= high * static_cast<double>(memory)) return std::string();
  return name + " is " + format_bytes(bytes) + " of " + format_bytes(memory);
}

Result<Finding> tried_member_settings(ClientContext& context, const PostgresqlView& view, const Member& member) {
  KEELSON_TRY(PgConnection admin, open_pg_admin(context.world, member));
  KEELSON_TRY(const PgRows row, admin.query("select current_setting('autovacuum'), current_setting('track_counts')"));
  if (row.text(0, 0) != "on" || row.text(0, 1) != "on")
    return failed(member.name + ": autovacuum is " + row.text(0, 0) + ", track_counts is " + row.text(0, 1), "keelson up mends it");
  const std::int64_t memory = number(view.component->settings, "memory");
  KEELSON_TRY(const std::string buffers, outside(admin, "shared_buffers", memory, 0.15, 0.40));
  KEELSON_TRY(const std::string cache, outside(admin, "effective_cache_size", memory, 0.40, 0.80));
  if (!buffers.empty() || !cache.empty()) return failed(member.name + ": " + buffers + (buffers.empty() ? "" : " ") + cache, "keelson up mends it");
  return passed(member.name);
}

/// Age of the oldest vacuum or analyze of tables that need one; what autovacuum has done so far.
Result<std::string> vacuum_ages(ClientContext& context, const PostgresqlView& view) {
  if (view.databases.empty()) return std::string("no tables yet");
  KEELSON_TRY(const Member* primary, primary_member(context.world, *view.component));
  KEELSON_TRY(PgConnection admin, open_pg_admin(context.world, *primary, view.databases.front().name));
  KEELSON_TRY(const PgRows row, admin.query("select count(*), count(last_autovacuum), count(last_autoanalyze), "
                                            "count(*) filter (where n_dead_tup > 10000 + 0.4 * n_live_tup) from pg_stat_user_tables"));
  return row.text(0, 0) + " tables in " + view.databases.front().name + ", " + row.text(0, 1) + " autovacuumed, " + row.text(0, 2) + " autoanalyzed, " +
         row.text(0, 3) + " overdue";
}

Result<Finding> tried_settings(ClientContext& context, const PostgresqlView& view) {
  for (const Member& member : view.component->members) {
    KEELSON_TRY(Finding one, tried_member_settings(context, view, member));
    if (one.state != CheckState::pass) return one;
  }
  KEELSON_TRY(const std::string ages, vacuum_ages(context, view));
  return passed("autovacuum on, memory settings within their range on " + std::to_string(view.component->members.size()) + " members; " + ages);
}

/// The check on every PostgreSQL of the foundation: the first that is no pass, else the evidence of all.
Result<Finding> on_each(ClientContext& context, Result<Finding> (*check)(ClientContext&, const PostgresqlView&)) {
  std::vector<std::string> evidence;
  for (const PostgresqlView& view : postgresql_of(context.foundation)) {
    KEELSON_TRY(Finding found, check(context, view));
    if (found.state != CheckState::pass) return found;
    evidence.push_back(std::move(found.evidence));
  }
  if (evidence.empty()) return no_postgresql();
  return passed(joined(evidence, "; "));
}

}  // namespace

Result<Finding> reads_and_writes(ClientContext& context) { return on_each(context, tried_reads_and_writes); }
Result<Finding> synchronous_commit(ClientContext& context) { return on_each(context, tried_commit); }
Result<Finding> postgresql_failovers(CheckContext& context) { return proved_by_failovers(context, "postgresql"); }
Result<Finding> least_privilege_roles(ClientContext& context) { return on_each(context, tried_roles); }
Result<Finding> sane_settings(ClientContext& context) { return on_each(context, tried_settings); }

}  // namespace keelson::checks
