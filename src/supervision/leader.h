#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/loop.h"
#include "async/pidfd.h"
#include "async/worker_pool.h"
#include "component/kind.h"
#include "component/leadership.h"
#include "supervision/service.h"

namespace keelson {

/// What the leaders of an agent share. Outlives them. Null pool: nothing is released (an agent without a catalog, in tests).
struct LeaderGround {
  Catalog catalog = {};
  WorkerPool* pool = nullptr;
  World* world = nullptr;
  std::function<std::string()> new_attempt;  ///< a name nobody used before
  /// Keeps an instance's open attempt over the agent's own death; "" forgets it. An attempt that cannot be kept must not begin.
  std::function<Result<void>(const std::string& instance, const std::string& attempt)> keep;
};

/// The part of an instance's supervision that knows about leadership (docs/design/leader-release.md): watches the engine behind the
/// main process, recognises a certain death, gives the leadership up once nothing is left of the instance, and fences a leader
/// whose lease is lost. Whether and how is the kind's (LeaderVerbs); the order is here:
///
///   calm       nothing to do. engine ends by force while it led -> due (and the owner clears the instance)
///   due        a leader died; the instance is being cleared. `begin` (nothing of it is left) -> releasing
///   releasing  the attempt is written down, then the kind's release runs on a worker. Settled -> calm, else -> settling
///   settling   no request of the attempt may take effect any more before the member starts: asked of the store until it is so,
///              once a second. Settled -> calm
///
/// An attempt that an earlier agent left written down begins in `settling`: the member does not start before it is settled.
/// The object is driven by the loop's thread; what blocks runs on the pool.
class Leader {
 public:
  /// Why it is not proved that nothing is left of the processes that began last.
  struct Unproved {
    std::string condition;  ///< by its name in docs/design/leader-release.md
    std::string reason;
  };
  struct Owner {
    std::function<bool(int pid)> holds;                 ///< by the kernel's word the process is one of the instance's
    std::function<std::optional<Unproved>()> unproved;  ///< asked once the instance is cleared
    std::function<void(const std::string& cause)> engine_died;  ///< clear the instance; a release is due
    std::function<void()> may_start;                            ///< `begin` has ended
    std::function<void(const Release&)> told;                   ///< a decision for the events
  };
  Leader(Loop& loop, LeaderGround& ground, std::string instance, Leadership leadership, const std::string& open_attempt, Owner owner);

  const Leadership& leadership() const { return leadership_; }
  /// Other facts from now on; work under way goes by those it began with.
  void go_by(std::string facts) { leadership_.facts = std::move(facts); }
  /// After each probe: finds the engine's process when it is not yet watched, and does the watchdog's round.
  void probed(const ProbeResult& result);
  /// The main process ended by itself. True when it left an engine that lives.
  bool main_ended(const ExitStatus& status);
  /// A planned stop: whatever ends now is no death.
  void planned_stop();
  /// A main process, new or taken up, began.
  void started();

  /// The last probe that was answered said so.
  bool leads() const { return role_ == "primary"; }
  /// The engine is a process of its own and runs.
  bool engine_lives() const;
  /// The member must not start before `begin` has ended.
  bool due() const { return state_ != State::calm; }
  void begin();
  /// Makes the endpoints follow the engine's majority, soon; several calls make one round.
  void steer();

 private:
  enum class State { calm, due, releasing, settling };
  const LeaderVerbs& verbs() const { return kind_->leader; }
  void find_engine();
  void engine_ended();
  void watch_lease();
  void judge(const Lease& lease);
  void fence(const std::string& cause);
  void release();
  void released(const Release& release);
  void settle();
  void done();

  Loop& loop_;
  LeaderGround& ground_;
  const std::string instance_;
  Leadership leadership_;
  const Kind* kind_;
  Owner owner_;
  State state_ = State::calm;
  ProcessWatch engine_;
  std::string role_;
  bool tended_ = false;         ///< the main process answered the last probe, whatever it said
  std::int64_t held_us_;        ///< monotonic: the lease was surely held then
  std::int64_t lost_since_us_ = 0;
  std::int64_t rest_us_ = 0;    ///< before the member may start
  Timer again_;
  Job job_, lease_job_, steer_job_;
  bool planned_ = false;
  bool steer_again_ = false;
};

}  // namespace keelson
