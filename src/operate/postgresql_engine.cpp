#include <array>

#include "operate/engine.h"
#include "operate/faults.h"
#include "operate/postgresql_switchover.h"
#include "operate/run.h"
#include "protocol/http.h"

namespace keelson::operate {
namespace {

using clients::PostgresqlView;
using clients::Target;

constexpr int kConnectMs = 2'000;
constexpr int kWriteMs = 5'000;   ///< a client gives an operation up then
constexpr int kProbeMs = 1'000;
constexpr int kPatienceMs = 30'000;  ///< for what needs a primary when there may just be none
constexpr int kTransferPauseMs = 20, kProbePauseMs = 20;
constexpr int kAccounts = 10;

Result<PostgresqlView> view_of(Standing& standing, const Component& component) {
  for (PostgresqlView& view : clients::postgresql_of(standing.foundation)) {
    if (view.component != &component) continue;
    if (view.databases.empty())
      return fail_as(ErrorCode::not_supported, component.name + " has no database to write to", {}, {}, "name one in the blueprint: keelson explain postgresql.databases");
    return view;
  }
  return fail("no endpoint leads to it", component.name);
}

/// A session of the first database's owner, as applications have it.
Result<PgAddress> owner_at(Standing& standing, const PostgresqlView& view, const Target& target) {
  const clients::Database& database = view.databases.front();
  PgAddress address = clients::pg_address(standing.runtime.world(), target, database.name, database.owner);
  KEELSON_TRY(address.password, standing.runtime.world().secret(database.secret));
  address.application = "keelson drill";
  address.connect_timeout_ms = kConnectMs;
  return address;
}

/// What a failed statement says of its effect. Only an error that the server itself reports, with the session going on, is certain:
/// classes 08 and 57 and 40003 break off a statement that may have taken effect, and so does whatever has no SQLSTATE.
Outcome outcome_of(const Error& error) {
  const std::size_t at = error.why.find("(SQLSTATE ");
  if (at == std::string::npos) return Outcome::unknown;
  const std::string state = error.why.substr(at + 10, 5);
  return state.starts_with("08") || state.starts_with("57") || state == "40003" ? Outcome::unknown : Outcome::failed;
}

/// A commit that a warning came with is not yet on the standbys ("canceling wait for synchronous replication").
Session::Answer answer_of(const Result<PgRows>& rows) {
  if (!rows) return {outcome_of(rows.error()), describe(rows.error())};
  if (!rows->warning.empty()) return {Outcome::unknown, "acknowledged with warning " + rows->warning};
  return {Outcome::ok};
}

class Inserts : public Session {
 public:
  Inserts(PgConnection connection, std::string stream) : connection_(std::move(connection)), stream_(std::move(stream)) {}
  Answer write(std::int64_t seq) override {
    return answer_of(connection_.query("insert into keelson_drill.ledger (stream, seq) values ($1, $2)", {stream_, std::to_string(seq)}, kWriteMs, PgOverdue::abandon));
  }

 private:
  PgConnection connection_;
  std::string stream_;
};

/// Moves one unit between two accounts and writes both sides down, in one transaction.
class Transfers : public Session {
 public:
  Transfers(PgConnection connection, std::string stream) : connection_(std::move(connection)), stream_(std::move(stream)) {}
  Answer write(std::int64_t seq) override {
    const std::string from = std::to_string(seq % kAccounts), to = std::to_string((seq + 1) % kAccounts);
    const std::vector<std::pair<std::string, std::vector<std::optional<std::string>>>> work = {
        {"begin", {}},
        {"update keelson_drill.account set balance = balance - 1 where id = $1", {from}},
        {"update keelson_drill.account set balance = balance + 1 where id = $1", {to}},
        {"insert into keelson_drill.ledger (stream, seq) values ($1, $2), ($1, $2)", {stream_, std::to_string(seq)}},
    };
    for (const auto& [sql, parameters] : work) {
      const auto done = connection_.query(sql, parameters, kWriteMs, PgOverdue::abandon);
      // Before the commit was sent nothing of it can stay, whatever became of the session.
      if (!done) return {Outcome::failed, describe(done.error())};
    }
    const auto committed = connection_.query("commit", {}, kWriteMs, PgOverdue::abandon);
    if (committed && committed->tag != "COMMIT") return {Outcome::failed, "commit answered " + committed->tag};
    return answer_of(committed);
  }

 private:
  PgConnection connection_;
  std::string stream_;
};

/// Tries to write on one member. A member in recovery cannot, and is not made to log an error fifty times a second; every
/// acknowledgement carries its timeline.
class Probe : public Session {
 public:
  Probe(PgConnection connection, std::string member) : connection_(std::move(connection)), member_(std::move(member)) {}
  Answer write(std::int64_t seq) override {
    const auto role = connection_.query("select pg_is_in_recovery()", {}, kProbeMs, PgOverdue::abandon);
    if (!role) return {Outcome::unknown, describe(role.error())};
    if (role->boolean(0, 0)) return {Outcome::failed, "in recovery"};
    const auto rows = connection_.query("update keelson_drill.probe set n = $2 where member = $1 returning "
                                        "('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int",
                                        {member_, std::to_string(seq)}, kProbeMs, PgOverdue::abandon);
    Answer answer = answer_of(rows);
    if (rows) answer.term = std::strtoll(rows->text(0, 0).c_str(), nullptr, 10);
    return answer;
  }

 private:
  PgConnection connection_;
  std::string member_;
};

template <typename Kind>
Lane lane_to(PgAddress address, Purpose purpose, std::string name) {
  Lane lane{.purpose = purpose, .name = std::move(name)};
  lane.open = [address = std::move(address), name = lane.name]() -> Result<std::unique_ptr<Session>> {
    KEELSON_TRY(PgConnection connection, PgConnection::open(address));
    return std::make_unique<Kind>(std::move(connection), name);
  };
  return lane;
}

Result<std::vector<Lane>> lanes(Standing& standing, const Component& component) {
  KEELSON_TRY(const PostgresqlView view, view_of(standing, component));
  KEELSON_TRY(const PgAddress primary, owner_at(standing, view, clients::target_of(standing.foundation, *view.primary)));
  std::vector<Lane> out = {lane_to<Inserts>(primary, Purpose::endpoint, "endpoint"), lane_to<Transfers>(primary, Purpose::transfer, "transfers")};
  out.back().rows = 2;
  out.back().pause_ms = kTransferPauseMs;
  if (view.pooler != nullptr) {
    KEELSON_TRY(PgAddress pooler, owner_at(standing, view, clients::target_of(standing.foundation, *view.pooler)));
    out.push_back(lane_to<Inserts>(std::move(pooler), Purpose::pooler, "pooler"));
  }
  for (const Member& member : component.members) {
    KEELSON_TRY(PgAddress address, owner_at(standing, view, clients::target_of(standing.foundation, member, view.primary->port)));
    address.connect_timeout_ms = kProbeMs;
    out.push_back(lane_to<Probe>(std::move(address), Purpose::probe, member.name));
    out.back().pause_ms = kProbePauseMs;
  }
  return out;
}

/// Runs the statements through the endpoint; again from the first one when the primary goes away in between.
Result<void> administer(Standing& standing, const Component& component, const std::vector<std::string>& statements) {
  KEELSON_TRY(const PostgresqlView view, view_of(standing, component));
  KEELSON_TRY(const PgAddress address, owner_at(standing, view, clients::target_of(standing.foundation, *view.primary)));
  Result<void> last;
  const auto once = [&]() -> Result<void> {
    KEELSON_TRY(PgConnection session, PgConnection::open(address));
    for (const std::string& statement : statements) KEELSON_CHECK(session.query(statement, {}, kWriteMs, PgOverdue::abandon));
    return {};
  };
  clients::eventually(kPatienceMs, [&] { return (last = once()).has_value(); });
  return last;
}

Result<void> clear(Standing& standing, const Component& component) { return administer(standing, component, {"drop schema if exists keelson_drill cascade"}); }

Result<void> prepare(Standing& standing, const Component& component) {
  std::vector<std::string> statements = {
      "drop schema if exists keelson_drill cascade",
      "create schema keelson_drill",
      "create table keelson_drill.ledger (id bigint generated always as identity primary key, stream text not null, seq bigint not null)",
      "create table keelson_drill.account (id int primary key, balance bigint not null)",
      "insert into keelson_drill.account select n, 0 from generate_series(0, " + std::to_string(kAccounts - 1) + ") n",
      "create table keelson_drill.probe (member text primary key, n bigint not null)",
  };
  // Names of members are DNS labels: nothing in them can end a literal.
  for (const Member& member : component.members) statements.push_back("insert into keelson_drill.probe values ('" + member.name + "', 0)");
  return administer(standing, component, statements);
}

Result<std::vector<Found>> read(Standing& standing, const Component& component, const Member* member) {
  KEELSON_TRY(const PostgresqlView view, view_of(standing, component));
  const Target target = member == nullptr ? clients::target_of(standing.foundation, *view.primary) : clients::target_of(standing.foundation, *member, view.primary->port);
  KEELSON_TRY(const PgAddress address, owner_at(standing, view, target));
  KEELSON_TRY(PgConnection session, PgConnection::open(address));
  KEELSON_TRY(const PgRows sum, session.query("select sum(balance) from keelson_drill.account", {}, kWriteMs, PgOverdue::abandon));
  if (sum.text(0, 0) != "0") return fail("transfers do not add up", target.name, "the balances sum up to " + sum.text(0, 0));
  KEELSON_TRY(const PgRows rows, session.query("select stream, seq from keelson_drill.ledger order by id", {}, kPatienceMs, PgOverdue::abandon));
  std::vector<Found> out;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) out.push_back({rows.text(i, 0), std::strtoll(rows.text(i, 1).c_str(), nullptr, 10)});
  return out;
}

/// Whether Patroni has written down who the synchronous standby is: only that member may lead next, and after a failover it is
/// known a loop later than PostgreSQL's own view has one (Patroni 3.0 REST API, "GET /cluster").
Result<bool> standby_is_known(Standing& standing, const Member& primary) {
  KEELSON_TRY(const std::string standby, synchronous_standby(standing, primary));
  return !standby.empty();
}

/// One look at who replicates; `reached` is what the primary had written at the look before.
Result<std::string> missing_now(Standing& standing, const Component& component, std::string& reached) {
  KEELSON_TRY(const Member* primary, clients::primary_member(standing.runtime.world(), component));
  KEELSON_TRY(PgConnection admin, clients::open_pg_admin(standing.runtime.world(), *primary));
  KEELSON_TRY(const PgRows row, admin.query("select pg_current_wal_lsn(), count(*) filter (where state = 'streaming'), "
                                            "count(*) filter (where sync_state in ('sync', 'quorum')), "
                                            "count(*) filter (where replay_lsn >= $1::pg_lsn), current_setting('synchronous_standby_names') "
                                            "from pg_stat_replication where application_name not like 'pg_basebackup%'",
                                            {reached.empty() ? "FFFFFFFF/FFFFFFFF" : reached}, kProbeMs, PgOverdue::abandon));
  reached = row.text(0, 0);
  const std::string replicas = std::to_string(component.members.size() - 1);
  if (row.text(0, 1) != replicas) return row.text(0, 1) + " of " + replicas + " replicas stream";
  if (text(component.settings, "durability") == "synchronous" && (row.text(0, 2) == "0" || row.text(0, 4).empty())) return std::string("no synchronous standby");
  if (row.text(0, 3) != replicas) return row.text(0, 3) + " of " + replicas + " replicas have caught up";
  if (text(component.settings, "durability") != "synchronous") return std::string();
  KEELSON_TRY(const bool known, standby_is_known(standing, *primary));
  return known ? std::string() : std::string("Patroni knows no synchronous standby");
}

std::function<std::string()> redundancy(Standing& standing, const Component& component) {
  return [&standing, &component, reached = std::string()]() mutable {
    auto missing = missing_now(standing, component, reached);
    if (!missing) reached.clear();
    return missing ? *missing : describe(missing.error());
  };
}

Result<void> hand_over(Scene& scene) {
  KEELSON_TRY(const PostgresqlView view, view_of(scene.standing, scene.component));
  return hand_over_postgresql(scene, view);
}

/// Without a database there is no pooler that could hold anybody.
Result<void> release_clients(Standing& standing, const Component& component) {
  const auto view = view_of(standing, component);
  return view ? resume_poolers(standing, *view) : Result<void>();
}

constexpr std::array kFaults = {&kFailover, &kSwitchover, &kPause, &kPartition, &kDiskFull, &kClock, &kAgentKill, &kPatroniKill, &kPostmasterKill, &kEtcdLeader, &kEtcdMajority, &kUnattended};

}  // namespace

const Engine kPostgresqlEngine{
    .kind = "postgresql", .leaders = Leaders::exclusive, .faults = kFaults, .prepare = prepare, .clear = clear, .lanes = lanes, .read = read, .redundancy = redundancy, .release_clients = release_clients, .hand_over = hand_over};

}  // namespace keelson::operate
