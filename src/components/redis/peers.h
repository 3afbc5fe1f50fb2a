#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "components/redis/leadership.h"
#include "protocol/haproxy.h"
#include "protocol/resp.h"

/// What leader release and hand-over share: talking to members and Sentinels as user `agent`. All block, each call 1 s at the most.
namespace keelson::redis {

inline constexpr int kAnswerMs = 1'000;
inline constexpr int kLookAgainMs = 10;

Result<RespClient> call_peer(World& world, const LeaderFacts& facts, const LeaderFacts::Peer& peer, int port);

/// Connections to the Sentinels that answered, and what they said.
struct Sentinels {
  std::vector<RespClient> clients;
  std::vector<SentinelAnswer> answers;
};
Sentinels ask_sentinels(World& world, const LeaderFacts& facts);

/// Tells the balancer of one member, where there is a balancer and such an endpoint.
void tell(const LeaderFacts& facts, const std::string& endpoint, const std::string& member, ServerOrder order);

/// A replica of the leader that answers.
struct Survivor {
  const LeaderFacts::Peer* peer;
  RespClient client;
  std::int64_t offset = 0;  ///< how much of the master's stream it has
};
/// The number after "NAME:" in INFO replication. ROLE says -1 for a replica as soon as the link to the master is gone.
std::int64_t offset_in(const std::string& info, std::string_view name);
std::vector<Survivor> survivors(World& world, const LeaderFacts& facts);
/// The member that Sentinel has made master: only its SLAVEOF NO ONE can have done that, as nobody else may send it. Null = none yet.
Survivor* promoted(World& world, const LeaderFacts& facts, std::vector<Survivor>& members);
/// What Sentinel itself sends the other replicas a second later, when it has seen the promotion (answered "already connected" then).
void follow(std::vector<Survivor>& members, const Survivor& leader);
/// Until the Sentinels agree on the new master, 5 s at the most: before that the old one would be told that it is master still.
void wait_for_agreement(World& world, const LeaderFacts& facts, const std::string& master);

}  // namespace keelson::redis
