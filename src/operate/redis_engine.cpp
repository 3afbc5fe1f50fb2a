#include <array>

#include "operate/engine.h"
#include "operate/faults.h"
#include "operate/redis_handover.h"

namespace keelson::operate {
namespace {

using clients::RedisView;
using clients::Target;

constexpr int kDialMs = 1'000;
constexpr int kWriteMs = 2'000;   ///< a client gives an operation up then
constexpr int kProbeMs = 1'000;
constexpr int kPatienceMs = 30'000;
constexpr int kTransferPauseMs = 20, kProbePauseMs = 20;
constexpr int kPage = 10'000;     ///< elements of one LRANGE, well below the decoder's limit
constexpr std::string_view kKey = "keelson:drill:";
/// A killed drill's keys go by themselves, too.
constexpr std::string_view kLifeSeconds = "86400";
constexpr std::array<std::string_view, 2> kStreams = {"endpoint", "transfers"};

std::string key_of(std::string_view stream) { return std::string(kKey) + std::string(stream); }

Result<RedisView> view_of(Standing& standing, const Component& component) {
  for (const RedisView& view : clients::redis_of(standing.foundation))
    if (view.component == &component) return view;
  return fail("no endpoint leads to it", component.name);
}

/// How an application calls, with everything looked up beforehand.
struct Call {
  Dial dial;
  std::string user;
  Secret password;

  Result<RespClient> open(int within_ms) const {
    const Deadline deadline = Deadline::in_ms(within_ms);
    KEELSON_TRY(RespClient client, RespClient::connect(dial, deadline));
    KEELSON_CHECK(client.authenticate(user, password, deadline));
    return client;
  }
};

Result<Call> call_to(Standing& standing, const RedisView& view, const Target& target) {
  const EndpointUser& user = view.master->users.front();
  KEELSON_TRY(Secret password, standing.runtime.world().secret(user.secret));
  return Call{{.address = target.address, .port = target.port, .trust_file = standing.runtime.world().trust_file(TrustDomain::services), .server_name = target.host},
              user.name, std::move(password)};
}

Result<Call> endpoint_call(Standing& standing, const Component& component) {
  KEELSON_TRY(const RedisView view, view_of(standing, component));
  return call_to(standing, view, clients::target_of(standing.foundation, *view.master));
}

/// An error reply is the server's word that nothing was done (redis.io, "protocol"); silence leaves it open.
Session::Answer answer_of(const Result<RespValue>& reply) {
  if (!reply) return {Outcome::unknown, describe(reply.error())};
  if (reply->is_error()) return {Outcome::failed, reply->text};
  return {Outcome::ok};
}

class Pushes : public Session {
 public:
  Pushes(RespClient client, std::string stream) : client_(std::move(client)), key_(key_of(stream)) {}
  Answer write(std::int64_t seq) override { return answer_of(client_.command({"RPUSH", key_, std::to_string(seq)}, Deadline::in_ms(kWriteMs))); }

 private:
  RespClient client_;
  std::string key_;
};

/// Two rows in one transaction.
class Transfers : public Session {
 public:
  Transfers(RespClient client, std::string stream) : client_(std::move(client)), key_(key_of(stream)) {}
  Answer write(std::int64_t seq) override {
    const Deadline deadline = Deadline::in_ms(kWriteMs);
    const std::string row = std::to_string(seq);
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"MULTI"}, {"RPUSH", key_, row}, {"RPUSH", key_, row}}) {
      const auto queued = client_.expect(command, deadline);
      if (!queued) return {Outcome::failed, describe(queued.error())};  // before EXEC is sent nothing is done
    }
    return answer_of(client_.command({"EXEC"}, deadline));
  }

 private:
  RespClient client_;
  std::string key_;
};

class Probe : public Session {
 public:
  Probe(RespClient client, std::string member) : client_(std::move(client)), key_(key_of("probe:" + member)) {}
  Answer write(std::int64_t seq) override {
    return answer_of(client_.command({"SET", key_, std::to_string(seq), "EX", std::string(kLifeSeconds)}, Deadline::in_ms(kProbeMs)));
  }

 private:
  RespClient client_;
  std::string key_;
};

template <typename Kind>
Lane lane_to(Call call, Purpose purpose, std::string name) {
  Lane lane{.purpose = purpose, .name = std::move(name)};
  lane.open = [call = std::move(call), name = lane.name]() -> Result<std::unique_ptr<Session>> {
    KEELSON_TRY(RespClient client, call.open(kDialMs));
    return std::make_unique<Kind>(std::move(client), name);
  };
  return lane;
}

Result<std::vector<Lane>> lanes(Standing& standing, const Component& component) {
  KEELSON_TRY(const RedisView view, view_of(standing, component));
  KEELSON_TRY(const Call master, endpoint_call(standing, component));
  std::vector<Lane> out = {lane_to<Pushes>(master, Purpose::endpoint, "endpoint"), lane_to<Transfers>(master, Purpose::transfer, "transfers")};
  out.back().rows = 2;
  out.back().pause_ms = kTransferPauseMs;
  for (const Member& member : component.members) {
    KEELSON_TRY(Call call, call_to(standing, view, clients::target_of(standing.foundation, member, view.master->port)));
    out.push_back(lane_to<Probe>(std::move(call), Purpose::probe, member.name));
    out.back().pause_ms = kProbePauseMs;
  }
  return out;
}

Result<void> clear(Standing& standing, const Component& component) {
  KEELSON_TRY(const Call call, endpoint_call(standing, component));
  std::vector<std::string> command = {"UNLINK"};
  for (const std::string_view stream : kStreams) command.push_back(key_of(stream));
  for (const Member& member : component.members) command.push_back(key_of("probe:" + member.name));
  Result<void> last;
  const auto once = [&]() -> Result<void> {
    KEELSON_TRY(RespClient client, call.open(kDialMs));
    KEELSON_CHECK(client.expect(command, Deadline::in_ms(kWriteMs)));
    return {};
  };
  clients::eventually(kPatienceMs, [&] { return (last = once()).has_value(); });
  return last;
}

Result<std::vector<Found>> read(Standing& standing, const Component& component, const Member* member) {
  KEELSON_TRY(const RedisView view, view_of(standing, component));
  const Target target = member == nullptr ? clients::target_of(standing.foundation, *view.master) : clients::target_of(standing.foundation, *member, view.master->port);
  KEELSON_TRY(const Call call, call_to(standing, view, target));
  KEELSON_TRY(RespClient client, call.open(kDialMs));
  std::vector<Found> out;
  for (const std::string_view stream : kStreams)
    for (int from = 0;; from += kPage) {
      KEELSON_TRY(const RespValue page, client.expect({"LRANGE", key_of(stream), std::to_string(from), std::to_string(from + kPage - 1)}, Deadline::in_ms(kPatienceMs)));
      for (std::size_t i = 0; i < page.items.size(); ++i) out.push_back({std::string(stream), std::strtoll(std::string(page.text_at(i)).c_str(), nullptr, 10)});
      if (page.items.size() < static_cast<std::size_t>(kPage)) break;
    }
  return out;
}

std::string field(const std::string& info, const std::string& name) {
  const std::size_t at = info.find(name + ":");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 1;
  return info.substr(from, info.find_first_of("\r,", from) - from);
}

Result<RespClient> open_own(Standing& standing, const Member& member) {
  const keelson::Probe& probe = member.instances.front().ready;
  return clients::open_redis(standing.runtime.world(), clients::target_of(standing.foundation, member, probe.port), probe.user, probe.secret);
}

/// Whether one replica is linked to the master and has what it had; its own word, for its own side of the link.
Result<std::string> missing_of(Standing& standing, const Member& member, const std::string& master, std::int64_t reached) {
  KEELSON_TRY(RespClient client, open_own(standing, member));
  KEELSON_TRY(const RespValue reply, client.expect({"INFO", "replication"}, Deadline::in_ms(kProbeMs)));
  const std::string& info = reply.text;
  if (field(info, "role") != "slave" || field(info, "master_host") != master) return member.name + " does not follow the master";
  if (field(info, "master_link_status") != "up") return member.name + " is not linked";
  if (std::strtoll(field(info, "slave_repl_offset").c_str(), nullptr, 10) < reached) return member.name + " has not caught up";
  return std::string();
}

Result<std::string> missing_now(Standing& standing, const RedisView& view, std::int64_t& reached) {
  const auto roles = view.component->kind->verbs.roles;
  KEELSON_TRY(const auto seen, roles(standing.runtime.world(), standing.foundation, *view.component));
  const Member* master = nullptr;
  for (const Member& member : view.component->members)
    if (const auto role = seen.find(member.name); role != seen.end() && role->second == "primary") master = &member;
  if (master == nullptr) return std::string("no member is master");
  const std::int64_t before = reached;
  KEELSON_TRY(RespClient client, open_own(standing, *master));
  KEELSON_TRY(const RespValue info, client.expect({"INFO", "replication"}, Deadline::in_ms(kProbeMs)));
  reached = std::strtoll(field(info.text, "master_repl_offset").c_str(), nullptr, 10);
  for (const Member& member : view.component->members) {
    if (&member == master) continue;
    KEELSON_TRY(const std::string missing, missing_of(standing, member, master->address, before));
    if (!missing.empty()) return missing;
  }
  if (before == 0) return std::string("looking a second time");
  if (view.sentinels == nullptr) return std::string();
  for (const Member& sentinel : view.sentinels->members) {
    KEELSON_TRY(RespClient asked, open_own(standing, sentinel));
    KEELSON_TRY(const RespValue quorum, asked.command({"SENTINEL", "CKQUORUM", view.component->name}, Deadline::in_ms(kProbeMs)));
    if (quorum.is_error()) return sentinel.name + ": " + quorum.text;
  }
  return std::string();
}

std::function<std::string()> redundancy(Standing& standing, const Component& component) {
  return [&standing, &component, reached = std::int64_t{0}]() mutable {
    const auto view = view_of(standing, component);
    if (!view) return describe(view.error());
    auto missing = missing_now(standing, *view, reached);
    if (!missing) reached = 0;
    return missing ? *missing : describe(missing.error());
  };
}

/// min-replicas-max-lag is 2 whole seconds, so up to 3, and Redis 7.0 looks once a second (replication.c, refreshGoodSlavesCount).
constexpr int kBlindMs = 4'000;

constexpr std::array kFaults = {&kFailover, &kSwitchover, &kPause, &kPartition, &kAgentKill, &kUnattended};

}  // namespace

/// Replication is asynchronous: a master that is cut off may acknowledge for a moment beside its successor (min-replicas-max-lag
/// bounds it). How long, and what was lost, is reported.
const Engine kRedisEngine{
    .kind = "redis", .leaders = Leaders::reported, .faults = kFaults, .blind_ms = kBlindMs, .prepare = clear, .clear = clear, .lanes = lanes, .read = read, .redundancy = redundancy, .hand_over = hand_over_redis, .step_down = step_down_redis};

}  // namespace keelson::operate
