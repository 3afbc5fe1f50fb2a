#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "component/kind.h"
#include "components/redis/sentinel_vote.h"

/// Leader release for Redis under Sentinel (docs/design/leader-release.md holds the argument, this room the conditions). Only
/// Sentinel promotes; keelson asks it to begin at once instead of after down-after, and does what it will do a second later anyway.
namespace keelson::redis {

/// What the leader verbs need to know of the foundation: Leadership::facts.
struct LeaderFacts {
  struct Peer {
    std::string name;
    std::string address;
    std::string server_name;  ///< verified in its certificate
    bool operator==(const Peer&) const = default;
  };
  std::string master;   ///< the name Sentinel knows it by, and the owner of the secrets
  Peer own = {};
  std::string listen = {};  ///< the IPv4 address its own processes listen on; "" = that of `own`
  std::string data = {};
  std::vector<Peer> others = {};
  std::vector<Peer> sentinels = {};
  std::string balancer = {};          ///< HAProxy's runtime socket; "" = none, or out of reach
  std::string writes = {}, reads = {};///< its backends; "" = none
  bool operator==(const LeaderFacts&) const = default;
};
Json to_json(const LeaderFacts& facts);
Result<LeaderFacts> leader_facts_from(const std::string& text);

/// What a member may get from the endpoint for writes.
enum class Entry {
  open,    ///< the Sentinels' master, or a replica that says so: its own checks decide
  closed,  ///< claims to be master against the Sentinels, or does not answer
};
/// `role` is ROLE's first word, nothing when the member did not answer.
Entry entry_of(const std::string& address, const std::string& master, const std::optional<std::string>& role);

/// The master when all that answer, and more than half of all, agree and none is replacing it; nothing while they do not: a new
/// master is known to one Sentinel before the others hear of it.
std::optional<std::string> settled_master(const std::vector<SentinelAnswer>& answers, std::size_t sentinels);

bool died_leading(const std::string& facts, const std::string& role, const std::optional<ExitStatus>& status);
Release release(World&, const std::string& facts, const std::string& attempt);
/// Nothing to wait for: a member asks the Sentinels before each start (sentinel_vote.h).
Result<void> settle(World&, const std::string& facts);
Result<void> steer(World&, const std::string& facts);

}  // namespace keelson::redis
