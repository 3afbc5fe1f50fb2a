#include "components/redis/redis.h"

#include "components/redis/leadership.h"
#include "components/redis/room.h"

namespace keelson {
namespace {

constexpr Setting kSettings[] = {
    {"version", SettingType::choice, "7", "Major version of Redis.", Applies::rebuild, {}, {}, "7"},
    {"members", SettingType::integer, "3",
     "One member stands alone; three or more are one master with replicas, watched by three Sentinels. Two are refused: the loss of "
     "either would stop writes or lose them unseen.",
     Applies::rebuild, 1, 9},
    {"memory", SettingType::bytes, "256Mi", "Memory for data (maxmemory). Copying on write and buffers come on top, at most as much again.",
     Applies::live, 16 << 20},
    {"eviction", SettingType::choice, "allkeys-lru", "What goes when the memory is full (maxmemory-policy).", Applies::live, {}, {},
     "noeviction|allkeys-lru|allkeys-lfu|allkeys-random|volatile-lru|volatile-lfu|volatile-random|volatile-ttl"},
    {"persistence", SettingType::choice, "everysec",
     "When the append-only file reaches the disk (appendfsync): everysec may lose a second of writes when the machine dies, always none. "
     "The death of the process alone loses nothing with either.",
     Applies::live, {}, {}, "everysec|always"},
    {"storage", SettingType::bytes, "10Gi", "Disk for the append-only file; the size of the volume where volumes have sizes.", Applies::rebuild,
     64 << 20},
    {"min-replicas", SettingType::integer, {},
     "The master takes writes only while this many replicas follow within 10 s. Default: 1 with three or more members, else 0. It stops a "
     "master that was cut off from acknowledging writes that will be thrown away.",
     Applies::live, 0, 8},
    {"max-clients", SettingType::integer, "10000", "Connections per member (maxclients).", Applies::live, 16, 60'000},
    {"default-user", SettingType::choice, "off",
     "Who a client is that knows only a password (AUTH <password>): off refuses it, app takes it for user app.", Applies::reload, {}, {}, "off|app"},
    {"password", SettingType::text, {}, "Pins the password of user app; generated when absent.", Applies::reload, {}, {}, {}, {}, false, true},
};

constexpr Setting kSentinelSettings[] = {
    {.name = "watches", .type = SettingType::name, .doc = "The Redis component; also the name Sentinel gives its master.", .required = true},
    {"members", SettingType::integer, "3", "Sentinels; a majority of them decides.", Applies::rebuild, 3, 5},
    {"down-after", SettingType::duration, "5s", "Silence after which a Sentinel holds the master for dead.", Applies::live, 1000, 60'000},
    {"failover-timeout", SettingType::duration, "10s", "Bounds each step of a failover, and the pause before the next.", Applies::live, 5000, 180'000},
    {"parallel-syncs", SettingType::integer, "2", "Replicas pointed at the new master at once.", Applies::live, 1, 8},
};

constexpr Port kPorts[] = {{"redis", redis::kPort, "clients, replication, Sentinels; TLS only"}};
constexpr Port kSentinelPorts[] = {{"sentinel", redis::kSentinelPort, "Sentinels among themselves, members that start; TLS only"}};

constexpr std::string_view kPackages[] = {"redis-server", "redis-tools"};
constexpr std::string_view kTools[] = {redis::kCli};
constexpr Artifact kArtifacts[] = {
    {.id = redis::kArtifact, .series = "7.0", .source = ArtifactSource::debian, .packages = kPackages, .program = redis::kProgram, .tools = kTools}};

}  // namespace

const Kind kRedis{
    .name = "redis",
    .summary = "In-memory data store: a master with replicas, Sentinel and stable endpoints",
    .settings = kSettings,
    .ports = kPorts,
    .artifacts = kArtifacts,
    .verbs = {.shape = redis::shape, .render = redis::render, .develop = redis::develop, .preflight = redis::preflight, .observe_live = redis::observe_live, .set_live = redis::set_live,
              .launch = redis::launch, .roles = redis::roles, .reload = redis::reload},
    .leader = {.died_leading = redis::died_leading, .release = redis::release, .settle = redis::settle, .steer = redis::steer},
};

const Kind kRedisSentinel{
    .name = "redis-sentinel",
    .summary = "The Sentinels that watch a Redis component and promote a replica when its master dies",
    .in_blueprint = false,
    .settings = kSentinelSettings,
    .ports = kSentinelPorts,
    .artifacts = kArtifacts,
    .verbs = {.shape = redis::sentinel_shape, .render = redis::sentinel_render, .observe_live = redis::sentinel_observe_live,
              .set_live = redis::sentinel_set_live, .reload = redis::sentinel_reload},
};

}  // namespace keelson
