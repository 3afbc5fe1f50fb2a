#include "components/postgresql/postgresql.h"

#include "components/postgresql/leadership.h"
#include "components/postgresql/verbs.h"

namespace keelson {
namespace {

constexpr Setting kDatabase[] = {
    {.name = "name", .type = SettingType::identifier, .doc = "Database", .applies = Applies::live, .required = true},
    {.name = "owner", .type = SettingType::identifier,
     .doc = "Role that owns it and its schema public, and may do nothing else; its password is the secret <component>/<owner>",
     .applies = Applies::live, .required = true},
    {.name = "password", .type = SettingType::text, .doc = "Pins the owner's password; generated when absent", .applies = Applies::live, .secret = true},
    {.name = "extensions", .type = SettingType::list, .default_value = "[]", .doc = "Extensions to create in it", .applies = Applies::live},
};

constexpr Setting kPooler[] = {
    {.name = "members", .type = SettingType::integer, .default_value = "2", .doc = "PgBouncer processes; 0 = no pooler", .minimum = 0, .maximum = 9},
    {.name = "max-clients", .type = SettingType::integer, .default_value = "1000", .doc = "Client sessions each of them accepts", .minimum = 10, .maximum = 100'000},
    {.name = "pool-size", .type = SettingType::integer, .default_value = "20", .doc = "Server sessions of each, for every database and role",
     .applies = Applies::reload, .minimum = 1, .maximum = 1'000},
};

constexpr Setting kSettings[] = {
    {.name = "version", .type = SettingType::choice, .default_value = "15", .doc = "Major version", .applies = Applies::rebuild, .choices = "15"},
    {.name = "members", .type = SettingType::integer, .default_value = "3",
     .doc = "One primary, the others replicas. Any number: the votes are etcd's, not theirs", .minimum = 1, .maximum = 9},
    {.name = "durability", .type = SettingType::choice, .default_value = "synchronous",
     .doc = "synchronous: a commit is acknowledged when a second member has it, and waits while there is none. asynchronous: a failover may lose the last commits",
     .applies = Applies::live, .choices = "synchronous|asynchronous|quorum"},
    {.name = "storage", .type = SettingType::bytes, .default_value = "10Gi", .doc = "Disk space of each member", .minimum = 1'073'741'824},
    {.name = "memory", .type = SettingType::bytes, .default_value = "512Mi",
     .doc = "Memory of each member: its limit, and what PostgreSQL's memory settings are computed from", .minimum = 268'435'456},
    {.name = "max-connections", .type = SettingType::integer, .default_value = "200", .doc = "Server sessions of each member", .minimum = 25, .maximum = 10'000},
    {.name = "databases", .type = SettingType::list, .default_value = "[]", .doc = "Databases and their owners; one added later is made by the next up",
     .applies = Applies::live, .fields = kDatabase},
    {.name = "pooler", .type = SettingType::object, .doc = "PgBouncer in front of the primary, transaction pooling", .fields = kPooler},
    {.name = "parameters", .type = SettingType::map, .doc = "Further PostgreSQL parameters, as in postgresql.conf", .applies = Applies::reload},
};

constexpr Port kPorts[] = {
    {"postgresql", postgresql::kPort, "clients and replication, TLS"},
    {"patroni", postgresql::kRestPort, "Patroni's REST API, TLS; changes need a certificate of the control domain"},
};

// Patroni reaches etcd through python3-etcd, which it only recommends. Where the machine has pyOpenSSL, that library switches
// urllib3 to it, and then every connection needs python3-idna, on which nothing depends.
constexpr std::string_view kPackages[] = {"postgresql-15", "patroni", "python3-etcd", "python3-idna"};
// Patroni's interpreter; the shell by which initdb, pg_ctl and pg_rewind run other programs (popen, system); locale C.UTF-8 with `locale`, which
// initdb asks; and the time zones, which Debian's PostgreSQL reads from /usr/share/zoneinfo. All but tzdata are in every Debian.
constexpr std::string_view kMachinePackages[] = {"python3", "python3-minimal", "python3.11", "python3.11-minimal", "libpython3-stdlib", "libpython3.11-stdlib",
                                                 "libpython3.11-minimal", "dash", "libc-bin", "tzdata"};
constexpr Artifact kMachine{.id = "image-python", .series = "3.11", .packages = kMachinePackages, .program = "usr/bin/python3"};
constexpr Artifact kArtifacts[] = {
    {.id = "postgresql", .series = "15", .packages = kPackages, .program = "usr/lib/postgresql/15/bin/postgres", .machine = &kMachine},
};

}  // namespace

const Kind kPostgresql{
    .name = "postgresql",
    .summary = "PostgreSQL 15: a primary and replicas under Patroni, pooled by PgBouncer",
    .settings = kSettings,
    .ports = kPorts,
    .artifacts = kArtifacts,
    .verbs = {.shape = postgresql::shape,
              .render = postgresql::render,
              .develop = postgresql::develop,
              .preflight = postgresql::preflight,
              .observe_live = postgresql::observe_live,
              .set_live = postgresql::set_live,
              .observe_provision = postgresql::observe_provision,
              .provision = postgresql::provision,
              .roles = postgresql::roles,
              .reload = postgresql::reload},
    .leader = {.died_leading = postgresql::died_leading,
               .writable = postgresql::writable,
               .release = postgresql::release,
               .settle = postgresql::settle,
               .lease = postgresql::lease,
               .lease_ms = postgresql::lease_ms,
               .steer = postgresql::steer},
};

}  // namespace keelson
