#include "components/postgresql/parameters.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>

namespace keelson::postgresql {
namespace {

constexpr std::int64_t kMi = 1 << 20;
constexpr std::int64_t kGi = 1 << 30;

/// Parameters the blueprint may not set, and why.
struct Owned {
  std::string_view name;
  std::string_view why;
};
constexpr Owned kOwned[] = {
    {"archive_command", "backups own the archive"},
    {"archive_mode", "backups own the archive"},
    {"autovacuum", "a foundation without autovacuum stops one day"},
    {"cluster_name", "Patroni sets it"},
    {"config_file", "Patroni sets it"},
    {"data_directory", "the runtime places it"},
    {"fsync", "off loses data"},
    {"full_page_writes", "off loses data"},
    {"hba_file", "keelson writes the rules"},
    {"hot_standby", "replicas serve reads"},
    {"ident_file", "keelson writes the map"},
    {"jit", "the engine is fetched without libLLVM"},
    {"listen_addresses", "addresses come from the foundation"},
    {"max_connections", "it is the setting max-connections"},
    {"password_encryption", "passwords are SCRAM-SHA-256"},
    {"port", "endpoints carry the port"},
    {"primary_conninfo", "Patroni sets it"},
    {"restore_command", "backups own the archive"},
    {"synchronous_commit", "it is the setting durability"},
    {"synchronous_standby_names", "Patroni sets it"},
    {"unix_socket_directories", "keelson administers through that socket"},
    {"unix_socket_permissions", "keelson administers through that socket"},
    {"wal_keep_size", "computed from storage"},
    {"wal_log_hints", "pg_rewind needs it"},
};

/// Taken by Patroni only from the dynamic configuration, because primary and replicas must agree on them
/// (Patroni 3.0 docs, "Important PostgreSQL parameters").
constexpr std::string_view kCluster[] = {
    "hot_standby_feedback", "max_locks_per_transaction", "max_prepared_transactions", "max_replication_slots",
    "max_wal_senders", "max_worker_processes", "track_commit_timestamp", "wal_level", "wal_retrieve_retry_interval",
};

/// pg_settings.context = 'postmaster' in PostgreSQL 15, without those above and those owned.
constexpr std::string_view kRestart[] = {
    "autovacuum_freeze_max_age", "autovacuum_max_workers", "autovacuum_multixact_freeze_max_age", "bonjour", "bonjour_name",
    "dynamic_shared_memory_type", "event_source", "external_pid_file", "huge_page_size", "huge_pages",
    "ignore_invalid_pages", "jit_provider", "logging_collector", "max_files_per_process", "max_logical_replication_workers",
    "max_pred_locks_per_transaction", "min_dynamic_shared_memory", "old_snapshot_threshold", "pg_stat_statements.max",
    "recovery_target", "recovery_target_action", "recovery_target_inclusive", "recovery_target_lsn", "recovery_target_name",
    "recovery_target_time", "recovery_target_timeline", "recovery_target_xid", "shared_buffers", "shared_memory_type",
    "shared_preload_libraries", "superuser_reserved_connections", "track_activity_query_size", "unix_socket_group",
    "wal_buffers", "wal_decode_buffer_size",
};

template <std::size_t N>
bool contains(const std::string_view (&list)[N], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string megabytes(std::int64_t bytes) { return std::to_string(std::max<std::int64_t>(bytes / kMi, 1)) + "MB"; }

bool is_parameter_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
         });
}

/// A quarter for shared buffers, the rest for backends and the page cache that the member's cgroup counts too.
void size_memory(const Settings& settings, Parameters& out) {
  const std::int64_t memory = number(settings, "memory");
  const std::int64_t connections = number(settings, "max-connections");
  out.restart["shared_buffers"] = megabytes(memory / 4);
  out.reload["effective_cache_size"] = megabytes(memory / 4 * 3);
  // Every session may use several times this, so a quarter of the memory shared out among all of them, 1 MB at least.
  out.reload["work_mem"] = megabytes(std::min(memory / 4 / connections, 64 * kMi));
  // Three autovacuum workers may hold this much each.
  out.reload["maintenance_work_mem"] = megabytes(std::clamp(memory / 16, 16 * kMi, 1 * kGi));
}

void size_wal(const Settings& settings, Parameters& out) {
  const std::int64_t storage = number(settings, "storage");
  out.reload["max_wal_size"] = megabytes(std::clamp(storage / 10, 64 * kMi, 4 * kGi));
  // Without replication slots (see README) this is what a replica that was away may still fetch.
  out.cluster["wal_keep_size"] = megabytes(std::clamp(storage / 10, 64 * kMi, 1 * kGi));
}

tl::unexpected<Error> refused(const std::string& name, std::string why, std::string next) {
  return fail_as(ErrorCode::invalid_blueprint, "parameters." + name + " cannot be set", {}, std::move(why), std::move(next));
}

Result<void> apply_own(const Settings& settings, Parameters& out) {
  if (!has(settings, "parameters")) return {};
  for (const auto& [name, value] : at(settings, "parameters").object()) {
    if (!is_parameter_name(name)) return refused(name, "not the name of a PostgreSQL parameter", "write it in lower case, as in pg_settings");
    for (const Owned& owned : kOwned)
      if (owned.name == name) return refused(name, std::string(owned.why), "remove it");
    if (name.starts_with("ssl")) return refused(name, "TLS is keelson's", "remove it");
    if (contains(kCluster, name)) out.cluster[name] = value.text();
    else if (contains(kRestart, name)) out.restart[name] = value.text();
    else out.reload[name] = value.text();
  }
  return {};
}

}  // namespace

bool synchronous(const Settings& settings) { return text(settings, "durability") == "synchronous"; }

Result<Parameters> parameters_of(const Settings& settings) {
  Parameters out;
  out.cluster = {{"hot_standby_feedback", "on"},
                 {"max_connections", std::to_string(number(settings, "max-connections"))},
                 {"wal_retrieve_retry_interval", "100ms"}};  // the default, 5 s, would delay a replica's return after a failover
  out.reload = {{"autovacuum", "on"}, {"jit", "off"}, {"log_lock_waits", "on"}, {"password_encryption", "scram-sha-256"},
                {"random_page_cost", "1.1"}};
  size_memory(settings, out);
  size_wal(settings, out);
  KEELSON_CHECK(apply_own(settings, out));
  return out;
}

Result<Json> dynamic_configuration(const Settings& settings) {
  KEELSON_TRY(const Parameters parameters, parameters_of(settings));
  Json cluster = Json::object();
  for (const auto& [name, value] : parameters.cluster) cluster.set(name, value);
  Json postgresql = Json::object();
  postgresql.set("use_pg_rewind", true).set("use_slots", false).set("parameters", std::move(cluster));
  Json out = Json::object();
  out.set("ttl", 30).set("loop_wait", 10).set("retry_timeout", 10).set("maximum_lag_on_failover", 1 << 20);
  out.set("synchronous_mode", synchronous(settings)).set("synchronous_mode_strict", synchronous(settings));
  out.set("postgresql", std::move(postgresql));
  return out;
}

}  // namespace keelson::postgresql
