#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "client/client.h"

namespace keelson::operate {

/// Where a fault happens.
struct Scene {
  Standing& standing;
  const Component& component;
  const Member& leader;  ///< who leads before it
  const Member* heir = nullptr;  ///< who is to lead after a hand-over; null = the engine chooses
};

/// A fault that was proved to have happened.
struct Struck {
  std::int64_t at_us = 0;       ///< just before it began
  std::int64_t proved_us = 0;   ///< when the proof was there
  std::string evidence = {};
};

/// What the fault may do to the leadership; anything else breaks the run.
enum class LeaderMay { move, only_move, only_stay };

/// What clients may see of it: failed and unknown operations, or none at all, not even one (through the endpoint, or only through
/// the pooler).
enum class ClientsMay { notice, notice_nothing, notice_nothing_pooled };

/// One sort of failure that can be rehearsed. The table is faults.cpp; engines say which of them they have.
struct Fault {
  std::string_view name;      ///< the verb: `keelson drill failover …`
  std::string_view what;      ///< "kills every process of the leader at once"
  std::string_view proof;     ///< how it is known to have happened
  std::string_view recovery;  ///< how it is known to be over
  LeaderMay leader = LeaderMay::move;
  ClientsMay clients = ClientsMay::notice;
  /// Clients go on reaching a leader that the others do not hear of: what Engine::blind_ms grants may be lost.
  bool leader_reachable = false;
  bool enclosed = false;      ///< it can be done where instances are in containers, too
  bool by_clients = false;    ///< it is done by a client of the engines, wherever clients are
  int hold_ms = 0;            ///< from the strike until it is lifted, at most
  int recover_ms = 120'000;   ///< from then until everything is redundant again, at most

  /// Looks and chooses whom it will hit; changes nothing. What it returns is journaled before the strike, and is all that
  /// `lift` gets, perhaps in another process.
  Result<Json> (*choose)(Scene&) = nullptr;
  /// Does it and waits for the proof; an Error when there is none.
  Result<Struck> (*strike)(Scene&, const Json& chosen) = nullptr;
  /// True when it may be lifted before `hold_ms` are over; null = never.
  bool (*held_enough)(Scene&) = nullptr;
  /// Undoes it. Idempotent, also right when `strike` never ran. Null = nothing has to be undone: the foundation heals itself.
  Result<void> (*lift)(Standing&, const Json& chosen) = nullptr;
};

/// All faults, in the order help lists them.
std::span<const Fault* const> faults();
const Fault* find_fault(std::string_view name);

}  // namespace keelson::operate
