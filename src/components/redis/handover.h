#pragma once
#include <string>

#include "base/result.h"
#include "components/redis/leadership.h"

namespace keelson::redis {

/// Hands the leadership of a master that lives, `facts.own`, to a replica; its name. `heir`: a member; "" = Sentinel chooses.
///
/// Alone, SENTINEL FAILOVER promotes while the old master goes on acknowledging, until Sentinel demotes it 10 s later, and what it
/// acknowledged is thrown away then (172 of 2,477 writes under load). FAILOVER TO (Redis 6.2) does pause writers, but Sentinel
/// knows nothing of it and fails over once more (redis issue 13118). So, in this order:
///  1. the heir gets the better replica-priority, and the Sentinel that will be asked has read it (INFO, every 10 s);
///  2. CLIENT PAUSE … WRITE: from its reply on the master acknowledges no write, and holds its clients' instead of refusing them;
///  3. every replica has all that the master had then, so that whichever is promoted has each acknowledged write;
///  4. SENTINEL FAILOVER; only Sentinel promotes;
///  5. the old master follows the new one. What it holds is answered READONLY afterwards, or its session ends: not done either way;
///  6. the endpoint and the other replicas follow; the pause is over.
/// When a step before 4 fails, or Sentinel refuses, the pause is lifted and nothing has happened. From 4 on it is lifted only when the old master is a
/// replica, else it ends by itself, kPauseMs after 2: longer than Sentinel needs to promote, or to give up, and to demote. So
/// it is when this process is killed. Blocks up to 40 s.
Result<std::string> hand_over(World& world, const LeaderFacts& facts, const std::string& heir);

}  // namespace keelson::redis
