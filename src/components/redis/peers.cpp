#include "components/redis/peers.h"

#include <poll.h>

#include <charconv>

#include "components/redis/room.h"
#include "system/monotonic.h"

namespace keelson::redis {
namespace {

constexpr int kAgreeMs = 5'000, kAgreeAgainMs = 100;

}  // namespace

std::int64_t offset_in(const std::string& info, std::string_view name) {
  const std::size_t at = info.find(std::string(name) + ":");
  std::int64_t offset = 0;
  if (at != std::string::npos) std::from_chars(info.data() + at + name.size() + 1, info.data() + info.size(), offset);
  return offset;
}

Result<RespClient> call_peer(World& world, const LeaderFacts& facts, const LeaderFacts::Peer& peer, int port) {
  const Deadline deadline = Deadline::in_ms(kAnswerMs);
  KEELSON_TRY(const Secret password, world.secret(secret_of(facts.master, "agent")));
  KEELSON_TRY(RespClient client, RespClient::connect({.address = peer.address, .port = port, .trust_file = world.trust_file(TrustDomain::services),
                                                      .server_name = peer.server_name}, deadline));
  KEELSON_CHECK(client.authenticate("agent", password, deadline));
  return client;
}

Sentinels ask_sentinels(World& world, const LeaderFacts& facts) {
  Sentinels out;
  for (const auto& peer : facts.sentinels) {
    auto client = call_peer(world, facts, peer, kSentinelPort);
    if (!client) continue;
    auto answer = ask_sentinel(*client, facts.master, Deadline::in_ms(kAnswerMs));
    if (!answer) continue;
    out.clients.push_back(std::move(*client));
    out.answers.push_back(std::move(*answer));
  }
  return out;
}

void tell(const LeaderFacts& facts, const std::string& endpoint, const std::string& member, ServerOrder order) {
  // A balancer that does not answer finds out by its own checks.
  if (!facts.balancer.empty() && !endpoint.empty()) static_cast<void>(tell_haproxy(facts.balancer, endpoint, member, order));
}

std::vector<Survivor> survivors(World& world, const LeaderFacts& facts) {
  std::vector<Survivor> out;
  for (const auto& peer : facts.others) {
    auto client = call_peer(world, facts, peer, kPort);
    if (!client) continue;
    const auto role = client->expect({"ROLE"}, Deadline::in_ms(kAnswerMs));
    if (!role || role->text_at(0) != "slave") continue;
    const auto info = client->expect({"INFO", "replication"}, Deadline::in_ms(kAnswerMs));
    out.push_back({&peer, std::move(*client), info ? offset_in(info->text, "slave_repl_offset") : 0});
  }
  return out;
}

/// Sentinel ends all sessions of the member it promotes (CLIENT KILL TYPE normal; redis 7.0 sentinel.c, sentinelSendSlaveOf), so a
/// session that ends is opened anew.
Survivor* promoted(World& world, const LeaderFacts& facts, std::vector<Survivor>& members) {
  for (Survivor& survivor : members) {
    const auto role = survivor.client.expect({"ROLE"}, Deadline::in_ms(kAnswerMs));
    if (role && role->text_at(0) == "master") return &survivor;
    if (role) continue;
    if (auto again = call_peer(world, facts, *survivor.peer, kPort)) survivor.client = std::move(*again);
  }
  return nullptr;
}

void follow(std::vector<Survivor>& members, const Survivor& leader) {
  for (Survivor& survivor : members)
    if (&survivor != &leader)
      static_cast<void>(survivor.client.command({"REPLICAOF", leader.peer->address, std::to_string(kPort)}, Deadline::in_ms(kAnswerMs)));
}

void wait_for_agreement(World& world, const LeaderFacts& facts, const std::string& master) {
  for (const std::int64_t until = monotonic_ms() + kAgreeMs; monotonic_ms() < until; ::poll(nullptr, 0, kAgreeAgainMs))
    if (settled_master(ask_sentinels(world, facts).answers, facts.sentinels.size()) == master) return;
}

}  // namespace keelson::redis
