#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/resp.h"

namespace keelson::redis {

/// What one Sentinel says of the master it watches.
struct SentinelAnswer {
  std::string master;               ///< address
  bool failover_running = false;    ///< it is replacing that master right now
  std::int64_t replicated = 0;      ///< largest offset any of its replicas has reported; 0 = none holds data
  bool operator==(const SentinelAnswer&) const = default;
};

/// How a member may start.
struct StartAsMaster {
  bool operator==(const StartAsMaster&) const = default;
};
struct StartAsReplica {
  std::string of;  ///< address
  bool operator==(const StartAsReplica&) const = default;
};
struct NotYet {
  std::string why;
  bool operator==(const NotYet&) const = default;
};
using StartDecision = std::variant<StartAsMaster, StartAsReplica, NotYet>;

enum class OwnData { present, absent };

/// The address that more than half of *all* `sentinels` name; nothing when none has such a majority.
std::optional<std::string> majority_master(const std::vector<SentinelAnswer>& answers, std::size_t sentinels);

/// Decides how the member at `own` may start. The safety argument:
///
/// A second master beside the true one takes writes that Sentinel throws away when it demotes it. So nobody starts as
/// master on its own word, its own file (Redis rewrites it, but not when it is killed) or a single Sentinel's:
///  1. more than half of all Sentinels, counted over those configured and not those that answer, must name `own`;
///  2. no Sentinel that answers may be in the middle of replacing it. Between the promotion of a replica and the moment
///     Sentinel believes it (INFO, up to 1 s) the majority still names the old address: a member that came back just then
///     would be a second master;
///  3. its data must be there when a replica of it holds data: replicas copy their master, an empty one as well.
///     Such a member stays down, Sentinel promotes a replica that has the data, and it comes back as replica of that one.
/// A replica needs rule 1 only: following the majority's master is what Sentinel would make it do.
StartDecision decide_start(const std::vector<SentinelAnswer>& answers, std::size_t sentinels, const std::string& own, OwnData data);

/// Asks one Sentinel: SENTINEL MASTER, GET-MASTER-ADDR-BY-NAME and REPLICAS (redis 7.0 `sentinel.c`).
Result<SentinelAnswer> ask_sentinel(RespClient& sentinel, const std::string& master, Deadline deadline);

}  // namespace keelson::redis
