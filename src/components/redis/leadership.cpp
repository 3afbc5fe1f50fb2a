#include "components/redis/leadership.h"

#include <algorithm>

namespace keelson::redis {
namespace {

Json peer_json(const LeaderFacts::Peer& peer) {
  return Json::object().set("name", peer.name).set("address", peer.address).set("server_name", peer.server_name);
}

LeaderFacts::Peer peer_from(const Json& json) { return {json["name"].as_string(), json["address"].as_string(), json["server_name"].as_string()}; }

Json peers_json(const std::vector<LeaderFacts::Peer>& peers) {
  Json out = Json::array();
  for (const auto& peer : peers) out.push(peer_json(peer));
  return out;
}

std::vector<LeaderFacts::Peer> peers_from(const Json& json) {
  std::vector<LeaderFacts::Peer> out;
  for (const Json& peer : json.items()) out.push_back(peer_from(peer));
  return out;
}

}  // namespace

Json to_json(const LeaderFacts& facts) {
  return Json::object()
      .set("master", facts.master)
      .set("own", peer_json(facts.own))
      .set("listen", facts.listen)
      .set("data", facts.data)
      .set("others", peers_json(facts.others))
      .set("sentinels", peers_json(facts.sentinels))
      .set("balancer", facts.balancer)
      .set("writes", facts.writes)
      .set("reads", facts.reads);
}

Result<LeaderFacts> leader_facts_from(const std::string& text) {
  KEELSON_TRY(const Json json, parse_json(text));
  LeaderFacts out{json["master"].as_string(), peer_from(json["own"]), json["listen"].as_string(), json["data"].as_string(), peers_from(json["others"]),
                  peers_from(json["sentinels"]), json["balancer"].as_string(), json["writes"].as_string(), json["reads"].as_string()};
  if (out.master.empty() || out.own.address.empty()) return fail("a leader's facts are incomplete", out.own.name);
  return out;
}

Entry entry_of(const std::string& address, const std::string& master, const std::optional<std::string>& role) {
  if (address == master) return Entry::open;
  return role == "slave" ? Entry::open : Entry::closed;
}

std::optional<std::string> settled_master(const std::vector<SentinelAnswer>& answers, std::size_t sentinels) {
  if (answers.size() <= sentinels / 2) return std::nullopt;
  for (const SentinelAnswer& answer : answers)
    if (answer.failover_running || answer.master != answers.front().master) return std::nullopt;
  return answers.front().master;
}

/// A clean end is SHUTDOWN's, with status 0 (redis 7.0 server.c): a DBA's, and not a death. How an adopted process ended nobody
/// can know: it counts as a death, which is safe, as only Sentinel promotes.
bool died_leading(const std::string&, const std::string& role, const std::optional<ExitStatus>& status) {
  const bool clean = status && status->how == ExitStatus::How::exited && status->value == 0;
  return role == "primary" && !clean;
}

Result<void> settle(World&, const std::string&) { return {}; }

}  // namespace keelson::redis
