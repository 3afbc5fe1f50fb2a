#include "operate/verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson::operate {

void judge_leader(LeaderMay may, Run& run) {
  const bool moved = run.leader != run.successor;
  if (may == LeaderMay::only_move && !moved) run.broken.push_back("the leadership stayed with " + run.leader);
  if (may == LeaderMay::only_stay && moved) run.broken.push_back("the leadership went to " + run.successor);
}

void judge_clients(ClientsMay may, std::span<const StreamLog> ledger, const StreamLog* pooled, Run& run) {
  if (may == ClientsMay::notice) return;
  for (const StreamLog& log : ledger) {
    if (may == ClientsMay::notice_nothing_pooled && &log != pooled) continue;
    const auto noticed = std::count_if(log.ops.begin(), log.ops.end(), [](const Op& op) { return op.outcome != Outcome::ok; });
    if (noticed > 0) run.broken.push_back(fmt::format("{} operations of lane {} were not acknowledged: {}", noticed, log.stream, log.last_problem));
  }
}

}  // namespace keelson::operate
