#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/client.h"
#include "operate/load.h"
#include "operate/scorecard.h"

namespace keelson::operate {

struct Fault;
struct Scene;

/// What drills need of an engine: one value a kind, in a file of its own; engines.cpp lists them. All block, with deadlines of
/// their own.
struct Engine {
  std::string_view kind;
  Leaders leaders = Leaders::exclusive;  ///< whether it promises that two members never acknowledge at the same time
  std::span<const Fault* const> faults = {};
  /// How long a leader that clients reach, and its replicas do not, may acknowledge what is lost with it; 0 = never (fault.h,
  /// leader_reachable).
  int blind_ms = 0;

  /// Makes an empty ledger inside the engine, whatever an earlier drill left.
  Result<void> (*prepare)(Standing&, const Component&) = nullptr;
  /// Removes it. Idempotent; tries for some time, as a leader may just be missing.
  Result<void> (*clear)(Standing&, const Component&) = nullptr;
  /// The clients: at least one lane of purpose `endpoint`, and a probe for each member. Fails with not_supported where this
  /// component has nothing to write to.
  Result<std::vector<Lane>> (*lanes)(Standing&, const Component&) = nullptr;
  /// The ledger's rows in the order the engine keeps them: through the endpoint (null), or as one member has them.
  Result<std::vector<Found>> (*read)(Standing&, const Component&, const Member* member) = nullptr;
  /// A function that says what is still missing until every member is linked to the leader, guards its writes, and has all that
  /// the leader had at the call before; "" = nothing.
  std::function<std::string()> (*redundancy)(Standing&, const Component&) = nullptr;
  /// Lets clients go that a hand-over holds back. Idempotent, also when it holds nobody. Null = none are held, or not for long.
  Result<void> (*release_clients)(Standing&, const Component&) = nullptr;
  /// Hands the leadership over in good order, by the engine's own means, and waits until another member has it; null = not
  /// supported.
  Result<void> (*hand_over)(Scene&) = nullptr;
  /// The same by a member's own supervisor, before it stops the member, where the engine itself would leave the others to their timers: by
  /// Leadership::facts, without a foundation. Returns who leads now. Blocks up to 40 s. Null = the engine hands over as it stops.
  Result<std::string> (*step_down)(World&, const std::string& facts) = nullptr;
};

extern const Engine kPostgresqlEngine;  // postgresql_engine.cpp
extern const Engine kRedisEngine;       // redis_engine.cpp

/// Every engine that can be drilled.
std::span<const Engine* const> engines();
/// Null when components of that kind cannot be drilled.
const Engine* find_engine(std::string_view kind);

}  // namespace keelson::operate
