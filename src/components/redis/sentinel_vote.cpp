#include "components/redis/sentinel_vote.h"

#include <charconv>
#include <map>

namespace keelson::redis {

std::optional<std::string> majority_master(const std::vector<SentinelAnswer>& answers, std::size_t sentinels) {
  std::map<std::string, std::size_t> votes;
  for (const SentinelAnswer& answer : answers)
    if (++votes[answer.master] > sentinels / 2) return answer.master;
  return std::nullopt;
}

StartDecision decide_start(const std::vector<SentinelAnswer>& answers, std::size_t sentinels, const std::string& own, OwnData data) {
  const auto master = majority_master(answers, sentinels);
  if (!master)
    return NotYet{"no majority of the Sentinels names a master (" + std::to_string(answers.size()) + " of " + std::to_string(sentinels) + " answer)"};
  if (*master != own) return StartAsReplica{*master};
  std::int64_t replicas = 0;
  for (const SentinelAnswer& answer : answers) {
    if (answer.failover_running) return NotYet{"a Sentinel is replacing this master"};
    replicas = std::max(replicas, answer.known_replicas);
  }
  if (data == OwnData::absent && replicas > 0)
    return NotYet{"the Sentinels name this member master, but its data is gone: its replicas would copy nothing over theirs"};
  return StartAsMaster{};
}

Result<SentinelAnswer> ask_sentinel(RespClient& sentinel, const std::string& master, Deadline deadline) {
  // The state first: a failover that ends in between then shows as running with the new address, never the other way round.
  KEELSON_TRY(const RespValue state, sentinel.expect({"SENTINEL", "MASTER", master}, deadline));
  KEELSON_TRY(const RespValue address, sentinel.expect({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", master}, deadline));
  SentinelAnswer answer{std::string(address.text_at(0))};
  if (answer.master.empty()) return fail("a Sentinel does not know the master", {}, master);
  answer.failover_running = state.value_of("flags").value_or("").find("failover_in_progress") != std::string::npos;
  const std::string replicas = state.value_of("num-slaves").value_or("0");
  std::from_chars(replicas.data(), replicas.data() + replicas.size(), answer.known_replicas);
  return answer;
}

}  // namespace keelson::redis
