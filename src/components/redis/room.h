#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "component/kind.h"
#include "model/foundation.h"
#include "model/layout.h"
#include "protocol/resp.h"

/// What the files of this room share: words, and the verbs that redis.cpp puts into the two kinds.
namespace keelson::redis {

inline constexpr int kPort = 6379;
inline constexpr int kSentinelPort = 26379;
/// Of every replica, but for the moment in which a hand-over prefers one (Redis 7.0's default).
inline constexpr std::string_view kPriority = "100";
inline constexpr std::string_view kArtifact = "redis";
inline constexpr std::string_view kProgram = "usr/bin/redis-server";
inline constexpr std::string_view kCli = "redis-cli";
/// Files the launch verb reads, under Place::config, and the one it writes, under Place::run.
inline constexpr std::string_view kLaunchFile = "launch.json";
inline constexpr std::string_view kLaunchSecret = "launch.secret";
inline constexpr std::string_view kStartFile = "redis.conf";

/// "redis/agent": the password of a Redis or Sentinel user, named after the Redis component that owns both.
std::string secret_of(const std::string& owner, std::string_view user);
/// A user's line in an ACL file: its password's hash and what it may do.
Text acl_user(const std::string& owner, std::string_view user, std::string_view rights);
/// The name in a member's certificate by which it is verified: "redis-1.<domain>".
std::string verified_name(const Foundation& foundation, const std::string& member);
/// The client certificate with which a member or Sentinel calls others, and the roots both sides trust.
Certificate client_certificate(const std::string& member, Applies on_renew);
TrustFile trust_both();
/// Of a process whose data may have `memory`: copying on write and buffers come on top.
std::int64_t memory_limit(const Settings& settings);
/// `redis-cli` as handbooks have it, without address and TLS, for who is inside this member.
std::vector<std::string> cli_words(const Layout& layout, const Member& member, int port, const Place& place);
/// The Sentinels that watch `component`; null with one member.
const Component* sentinels_of(const Foundation& foundation, const Component& component);

/// A logged-in connection of keelson's own user `agent`.
Result<RespClient> call(World& world, const Foundation& foundation, const std::string& owner, const Member& member, int port, Deadline deadline);

// The verbs (kind.h says what each must do).
Result<Shape> shape(const ShapeInput& input);
Result<void> render(const RenderInput& input, Member& member);
Result<Development> develop(const DevelopmentInput& input);
Errors preflight(Files&, const Component&, const Member&);
Result<std::vector<LiveSetting>> observe_live(World&, const Foundation&, const Component&, const Member&);
Result<void> set_live(World&, const Foundation&, const Component&, const Member&, const LiveSetting&);
Result<void> reload(World&, const Foundation&, const Component&, const Member&, const std::string& instance);
Result<std::map<std::string, std::string>> roles(World&, const Foundation&, const Component&);
Result<void> launch(const Place& place, std::vector<std::string>& command);

Result<Shape> sentinel_shape(const ShapeInput& input);
Result<void> sentinel_render(const RenderInput& input, Member& member);
Result<std::vector<LiveSetting>> sentinel_observe_live(World&, const Foundation&, const Component&, const Member&);
Result<void> sentinel_set_live(World&, const Foundation&, const Component&, const Member&, const LiveSetting&);
Result<void> sentinel_reload(World&, const Foundation&, const Component&, const Member&, const std::string& instance);

}  // namespace keelson::redis
