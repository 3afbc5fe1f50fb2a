#pragma once
#include <optional>
#include <string>

#include "base/result.h"
#include "system/exit_status.h"

namespace keelson {

class World;

/// The leadership an instance may hold, so that its supervisor can give it up the moment it knows that the leader is dead
/// (docs/design/leader-release.md). Plain data, written by the kind's render.
struct Leadership {
  std::string kind = {};             ///< the kind whose LeaderVerbs decide; "" = the instance leads nothing
  std::string facts = {};            ///< what these verbs need to know of the foundation: JSON, the room's own
  std::string engine_pid_file = {};  ///< its first line is the engine's pid; "" = the instance's main process is the engine
  bool operator==(const Leadership&) const = default;
};

/// How an attempt to give up a dead leader's leadership ended.
struct Release {
  std::string successor = {};  ///< the member that leads now; "" = none yet
  std::string condition = {};  ///< the first condition that was not met, by the names in docs/design/leader-release.md; "" = released
  std::string reason = {};     ///< what was seen, for people
  bool settled = false;        ///< proved: nothing of this attempt can take effect any more; the dead member may start
};

/// What the consensus store says about a member's lease.
struct Lease {
  enum class Hold {
    held,     ///< the member holds it; `left_ms` remain
    lost,     ///< another member holds it, or nobody
    exempt,   ///< nobody has to hold it now (bootstrap, pause)
    unknown,  ///< the store does not answer
  };
  Hold hold = Hold::unknown;
  int left_ms = 0;
  std::string reason = {};
};

/// What a kind knows about the leadership of its engine: conditions and argument are the room's, the mechanism (fence, order,
/// restart) is the supervisor's. Null as a whole = the engine elects by itself. `facts` is Leadership::facts.
struct LeaderVerbs {
  /// Rule 1, local files only, microseconds: whether an engine that ended this way died as a leader. `role` is what the last
  /// probe said; `status` is nothing for an engine that is not the main process.
  bool (*died_leading)(const std::string& facts, const std::string& role, const std::optional<ExitStatus>& status) = nullptr;
  /// Whether the engine on this member accepts writes by its own files. Local, microseconds. Null = cannot be told.
  bool (*writable)(const std::string& facts) = nullptr;
  /// Rules 3 to 5, after the fence: looks, gives the leadership up, waits for the successor. `attempt` names this attempt in the
  /// store and was written down before. Blocks up to 15 s, on a worker.
  Release (*release)(World&, const std::string& facts, const std::string& attempt) = nullptr;
  /// Rule 4: makes sure that no request of an earlier attempt can take effect. Idempotent. Blocks up to 5 s.
  Result<void> (*settle)(World&, const std::string& facts) = nullptr;
  /// Rule 6: asks the store for the member's lease. Blocks up to 3 s. Null = there is no lease to watch.
  Lease (*lease)(World&, const std::string& facts) = nullptr;
  /// Milliseconds of a lease's whole life.
  int (*lease_ms)(const std::string& facts) = nullptr;
  /// After anything happened to the component: makes the endpoints follow the engine's majority, never a member's own claim, or helps
  /// the engine to be whole again soon. Idempotent. Blocks up to 5 s. Null = no help is needed.
  Result<void> (*steer)(World&, const std::string& facts) = nullptr;
};

}  // namespace keelson
