#include <fmt/format.h>
#include <poll.h>

#include <charconv>
#include <chrono>

#include "components/redis/leadership.h"
#include "components/redis/room.h"
#include "protocol/haproxy.h"
#include "system/failpoint.h"
#include "system/remains.h"

namespace keelson::redis {
namespace {

constexpr int kAnswerMs = 1'000;
constexpr int kSuccessorMs = 5'000;
constexpr int kLookAgainMs = 10;
constexpr int kSteerMs = 5'000, kSteerAgainMs = 100;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

Result<RespClient> call_peer(World& world, const LeaderFacts& facts, const LeaderFacts::Peer& peer, int port) {
  const Deadline deadline = Deadline::in_ms(kAnswerMs);
  KEELSON_TRY(const Secret password, world.secret(secret_of(facts.master, "agent")));
  KEELSON_TRY(RespClient client, RespClient::connect({.address = peer.address, .port = port, .trust_file = world.trust_file(TrustDomain::services),
                                                      .server_name = peer.server_name}, deadline));
  KEELSON_CHECK(client.authenticate("agent", password, deadline));
  return client;
}

/// Connections to the Sentinels that answered, and what they said.
struct Sentinels {
  std::vector<RespClient> clients;
  std::vector<SentinelAnswer> answers;
};

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

struct Survivor {
  const LeaderFacts::Peer* peer;
  RespClient client;
  std::int64_t offset = 0;  ///< how much of the master's stream it has
};

/// The number after "slave_repl_offset:" in INFO replication. ROLE says -1 as soon as the link to the master is gone.
std::int64_t offset_in(const std::string& info) {
  constexpr std::string_view kName = "slave_repl_offset:";
  std::int64_t offset = 0;
  if (const auto at = info.find(kName); at != std::string::npos) std::from_chars(info.data() + at + kName.size(), info.data() + info.size(), offset);
  return offset;
}

std::vector<Survivor> survivors(World& world, const LeaderFacts& facts) {
  std::vector<Survivor> out;
  for (const auto& peer : facts.others) {
    auto client = call_peer(world, facts, peer, kPort);
    if (!client) continue;
    const auto role = client->expect({"ROLE"}, Deadline::in_ms(kAnswerMs));
    if (!role || role->text_at(0) != "slave") continue;
    const auto info = client->expect({"INFO", "replication"}, Deadline::in_ms(kAnswerMs));
    out.push_back({&peer, std::move(*client), info ? offset_in(info->text) : 0});
  }
  return out;
}

/// The member that Sentinel has made master: only its SLAVEOF NO ONE can have done that, as nobody else may send it. Sentinel
/// ends all sessions of the member it promotes (CLIENT KILL TYPE normal; redis 7.0 sentinel.c, sentinelSendSlaveOf), so a session
/// that ends is opened anew.
Survivor* promoted(World& world, const LeaderFacts& facts, std::vector<Survivor>& members) {
  for (Survivor& survivor : members) {
    const auto role = survivor.client.expect({"ROLE"}, Deadline::in_ms(kAnswerMs));
    if (role && role->text_at(0) == "master") return &survivor;
    if (role) continue;
    if (auto again = call_peer(world, facts, *survivor.peer, kPort)) survivor.client = std::move(*again);
  }
  return nullptr;
}

/// What Sentinel itself sends a second later, when it has seen the promotion (answered "already connected" then).
void follow(std::vector<Survivor>& members, const Survivor& leader) {
  for (Survivor& survivor : members)
    if (&survivor != &leader)
      static_cast<void>(survivor.client.command({"REPLICAOF", leader.peer->address, std::to_string(kPort)}, Deadline::in_ms(kAnswerMs)));
}

Release refused(std::string condition, std::string reason) { return {{}, std::move(condition), std::move(reason), true}; }

/// Not before the Sentinels agree on the new master: until then the dead member would be told that it is master still.
void wait_for_agreement(World& world, const LeaderFacts& facts, const std::string& master) {
  for (const std::int64_t until = now_ms() + kSuccessorMs; now_ms() < until; ::poll(nullptr, 0, kSteerAgainMs))
    if (settled_master(ask_sentinels(world, facts).answers, facts.sentinels.size()) == master) return;
}

}  // namespace

Release release(World& world, const std::string& text, const std::string&) {
  const std::int64_t began = now_ms();
  const auto read_facts = leader_facts_from(text);
  if (!read_facts) return refused("no-candidate", describe(read_facts.error()));
  const LeaderFacts& facts = *read_facts;
  // Out until steer() lets it in again: should it come back as "master", no write reaches it.
  tell(facts, facts.writes, facts.own.name, ServerOrder::maintenance);
  tell(facts, facts.reads, facts.own.name, ServerOrder::down);
  if (const std::string user = process_working_in(facts.data); !user.empty()) return refused("data-directory-in-use", user + " works in " + facts.data);
  if (!port_refuses(facts.own.address, kPort)) return refused("port-still-open", fmt::format("{}:{} does not refuse", facts.own.address, kPort));

  Sentinels sentinels = ask_sentinels(world, facts);
  const auto master = majority_master(sentinels.answers, facts.sentinels.size());
  if (!master) return refused("no-sentinel-majority", fmt::format("{} of {} Sentinels answer, and no majority names a master", sentinels.answers.size(), facts.sentinels.size()));
  if (*master != facts.own.address) return refused("majority-names-another", "the Sentinels' master is " + *master);
  std::vector<Survivor> members = survivors(world, facts);
  if (members.empty()) return refused("no-candidate", "no replica answers");
  std::int64_t best = 0;
  for (const Survivor& survivor : members) best = std::max(best, survivor.offset);

  const auto ordered = sentinels.clients.front().command({"SENTINEL", "FAILOVER", facts.master}, Deadline::in_ms(kAnswerMs));
  if (!ordered) return refused("sentinel-refused", describe(ordered.error()));
  if (ordered->is_error() && !ordered->text.starts_with("INPROG")) return refused("sentinel-refused", ordered->text.substr(0, 120));
  failpoint("redis-ordered");
  Survivor* leader = nullptr;
  for (const std::int64_t until = now_ms() + kSuccessorMs; !leader && now_ms() < until; ::poll(nullptr, 0, kLookAgainMs)) leader = promoted(world, facts, members);
  if (!leader) return refused("no-new-leader", "Sentinel promoted nobody within 5 s; its timers rule");
  failpoint("redis-promoted");
  tell(facts, facts.writes, leader->peer->name, ServerOrder::ready);
  tell(facts, facts.writes, leader->peer->name, ServerOrder::up);
  follow(members, *leader);
  failpoint("redis-followed");
  const std::int64_t took = now_ms() - began;
  wait_for_agreement(world, facts, leader->peer->address);
  return {leader->peer->name, {},
          fmt::format("Sentinel made {} master {} ms after the fence; its stream ended at {}, the furthest of any replica at {}. Replication is asynchronous: what "
                      "was acknowledged behind that is lost, at most the last 2 s (min-replicas-max-lag)", leader->peer->name, took, leader->offset, best),
          true};
}

Result<void> steer(World& world, const std::string& text) {
  KEELSON_TRY(const LeaderFacts facts, leader_facts_from(text));
  std::vector<LeaderFacts::Peer> members = facts.others;
  members.push_back(facts.own);
  for (const std::int64_t until = now_ms() + kSteerMs; now_ms() < until; ::poll(nullptr, 0, kSteerAgainMs)) {
    const auto master = settled_master(ask_sentinels(world, facts).answers, facts.sentinels.size());
    if (!master) continue;
    bool closed_a_master = false;
    for (const auto& member : members) {
      std::optional<std::string> role;
      if (auto client = call_peer(world, facts, member, kPort))
        if (const auto said = client->expect({"ROLE"}, Deadline::in_ms(kAnswerMs))) role = std::string(said->text_at(0));
      const Entry entry = entry_of(member.address, *master, role);
      tell(facts, facts.writes, member.name, entry == Entry::open ? ServerOrder::ready : ServerOrder::maintenance);
      // HAProxy takes a server that leaves maintenance for up until its first check: a replica would get writes for that long.
      if (entry == Entry::open && member.address != *master) tell(facts, facts.writes, member.name, ServerOrder::down);
      closed_a_master = closed_a_master || (entry == Entry::closed && role == "master");
    }
    // A failover may have begun between the two questions: a claim is not shut out before the Sentinels were asked once more.
    if (!closed_a_master) return {};
  }
  return fail_as(ErrorCode::not_healthy, "the Sentinels do not agree on a master", facts.master);
}

}  // namespace keelson::redis
