#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "components/redis/peers.h"
#include "components/redis/room.h"
#include "system/failpoint.h"
#include "system/monotonic.h"
#include "system/remains.h"

namespace keelson::redis {
namespace {

constexpr int kSuccessorMs = 5'000;
constexpr int kSteerMs = 5'000, kSteerAgainMs = 100;

Release refused(std::string condition, std::string reason) { return {{}, std::move(condition), std::move(reason), true}; }

}  // namespace

Release release(World& world, const std::string& text, const std::string&) {
  const std::int64_t began = monotonic_ms();
  const auto read_facts = leader_facts_from(text);
  if (!read_facts) return refused("no-candidate", describe(read_facts.error()));
  const LeaderFacts& facts = *read_facts;
  // Out until steer() lets it in again: should it come back as "master", no write reaches it.
  tell(facts, facts.writes, facts.own.name, ServerOrder::maintenance);
  tell(facts, facts.reads, facts.own.name, ServerOrder::down);
  if (const std::string user = process_working_in(facts.data); !user.empty()) return refused("data-directory-in-use", user + " works in " + facts.data);
  const std::string& listen = facts.listen.empty() ? facts.own.address : facts.listen;
  if (!port_refuses(listen, kPort)) return refused("port-still-open", fmt::format("{}:{} does not refuse", listen, kPort));

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
  for (const std::int64_t until = monotonic_ms() + kSuccessorMs; !leader && monotonic_ms() < until; ::poll(nullptr, 0, kLookAgainMs)) leader = promoted(world, facts, members);
  if (!leader) return refused("no-new-leader", "Sentinel promoted nobody within 5 s; its timers rule");
  failpoint("redis-promoted");
  tell(facts, facts.writes, leader->peer->name, ServerOrder::ready);
  tell(facts, facts.writes, leader->peer->name, ServerOrder::up);
  follow(members, *leader);
  failpoint("redis-followed");
  const std::int64_t took = monotonic_ms() - began;
  wait_for_agreement(world, facts, leader->peer->address);
  return {leader->peer->name, {},
          fmt::format("Sentinel made {} master {} ms after the fence; its stream ended at {}, the furthest of any replica at {}. Replication is asynchronous: what "
                      "was acknowledged behind that is lost, at most the last 2 s (min-replicas-max-lag)", leader->peer->name, took, leader->offset, best),
          true};
}

Result<void> steer(World& world, const std::string& text) {
  KEELSON_TRY(const LeaderFacts facts, leader_facts_from(text));
  if (facts.balancer.empty()) return {};
  std::vector<LeaderFacts::Peer> members = facts.others;
  members.push_back(facts.own);
  for (const std::int64_t until = monotonic_ms() + kSteerMs; monotonic_ms() < until; ::poll(nullptr, 0, kSteerAgainMs)) {
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
