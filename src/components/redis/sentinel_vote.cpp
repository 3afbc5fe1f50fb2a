#include "components/redis/sentinel_vote.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace keelson::redis {

namespace {

std::int64_t offset_of(const RespValue& replica) {
  const std::string text = replica.value_of("slave-repl-offset").value_or("0");
  std::int64_t offset = 0;
  std::from_chars(text.data(), text.data() + text.size(), offset);
  return offset;
}

}  // namespace

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
  std::int64_t replicated = 0;
  for (const SentinelAnswer& answer : answers) {
    if (answer.failover_running) return NotYet{"a Sentinel is replacing this master"};
    replicated = std::max(replicated, answer.replicated);
  }
  if (data == OwnData::absent && replicated > 0)
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
  KEELSON_TRY(const RespValue replicas, sentinel.expect({"SENTINEL", "REPLICAS", master}, deadline));
  for (const RespValue& replica : replicas.items) answer.replicated = std::max(answer.replicated, offset_of(replica));
  return answer;
}

}  // namespace keelson::redis
