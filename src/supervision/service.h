#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "async/pidfd.h"
#include "base/result.h"
#include "plan/observed.h"

namespace keelson {

/// What a probe found.
struct ProbeResult {
  bool ok = false;
  std::string role = {};    ///< "primary", "replica" or ""
  std::string detail = {};  ///< why not, when not ok
  bool operator==(const ProbeResult&) const = default;
};

/// What a Service commands: the processes of one instance, its probe, one timer, the clock. The real one is Supervised;
/// tests have another. Nothing here calls back into the Service before it returned to the loop.
class Body {
 public:
  virtual ~Body() = default;
  virtual Result<ProcessId> spawn() = 0;       ///< the Service then hears `exited` once
  virtual void signal_stop() = 0;              ///< the spec's stop signal, to the main process (its group where that is all there is)
  virtual void kill_all() = 0;                 ///< SIGKILL to everything; the Service hears `emptied` when nothing is left
  virtual bool empty() = 0;                    ///< provably no process of the instance is left
  virtual bool engine_lives() = 0;             ///< the main process is not the engine, and the engine runs
  virtual bool release_due() = 0;              ///< a leader died here: its leadership is given up before anything is started
  virtual void release() = 0;                  ///< does that; the Service then hears `released` once
  virtual int stop_timeout_ms() = 0;
  virtual void start_probing() = 0;            ///< results come by `probed`
  virtual void stop_probing() = 0;
  virtual void arm_us(std::int64_t delay_us) = 0;  ///< the one timer; replaces the one before; `timer` is called
  virtual void disarm() = 0;
  virtual std::int64_t now_us() = 0;           ///< monotonic
  virtual double jitter() = 0;                 ///< uniform in [0, 1)
  /// Something `status` shows has changed (state, role, detail, restarts). Keep it short.
  virtual void changed() = 0;
  virtual void event(std::string_view kind, const std::string& reason) = 0;
};

/// One supervised instance: what is wanted of it, what it is doing, and how the one follows the other.
///
/// Wanted is up or down. Whatever happens, the next state is chosen by what is wanted then:
///
///   stopped    no process. start -> starting.
///   starting   a process runs and has never been ready. Probed fast. A success -> ready. The main process ends -> clearing.
///              stop -> stopping. An instance adopted from an earlier agent begins in `running`.
///   ready      the last probe succeeded. `failures` unsuccessful ones in a row (counted by the prober) -> running.
///   running    was ready and is not now: still alive, still probed. A success -> ready. Never killed for being unready: a
///              process that is alive may be doing what takes long (recovery), and killing it would begin that anew.
///   stopping   the stop signal is sent. The main process ends -> clearing. stop_timeout passes -> clearing (kills it).
///              start during it: goes up again after clearing.
///   clearing   what is left of the instance is killed (cgroup.kill), and nothing goes on before the cgroup is provably
///              empty: two generations of an engine must never share a data directory. Empty, wanted down -> stopped; wanted
///              up -> starting at once (first failure, or commanded restart), else -> backoff. Not empty in 5 s -> failed.
///              A leader that died -> releasing.
///   releasing  nothing of a dead leader is left: its leadership is given up (leader.h), and it is not started before that
///              ended. released -> as after clearing. stop -> stopped (the release goes on; a start waits for it).
///   backoff    the process died or could not be started; it is tried again after a delay: none the first time, then
///              0.1 s doubling up to 30 s, plus up to a quarter of it at random so that members do not march in step. A life
///              of 5 s in which it was ready, or of 60 s, makes the next death a first one. start or restart -> starting at once; stop -> stopped.
///   failed     killed processes do not go away (uninterruptible sleep). Nothing is started on top of them. The kill is
///              repeated every second; empty -> as after clearing.
///
/// Where the engine is a process of its own (PostgreSQL under Patroni), two more things happen. The main process ends and the
/// engine lives: nothing is cleared, the main process is started again beside it, 20 ms later whenever it had been ready. The
/// engine is killed and the main process lives: `engine_died` -> clearing.
///
/// A failed spawn is a death without a process: its reason is kept, -> clearing (a fork may have left something) and so on.
/// An exit status that nobody could learn (the instance was adopted) is told as unknown.
/// The object is driven by one thread; it never blocks.
class Service {
 public:
  enum class State { stopped, starting, running, ready, stopping, clearing, releasing, backoff, failed };

  static constexpr std::int64_t kFirstDelayUs = 100'000;
  static constexpr std::int64_t kLongestDelayUs = 30'000'000;
  static constexpr std::int64_t kSteadyUs = 5'000'000;
  static constexpr std::int64_t kTendedUs = 1'000'000;  ///< what tends a living engine and lived as long is started again at once
  static constexpr std::int64_t kStableUs = 60'000'000;
  /// An engine that lives is not left alone for longer, however often its main process dies: its lease would end (30 s, renewed every
  /// 10 s), and the leadership with it.
  static constexpr std::int64_t kUntendedUs = 5'000'000;
  static constexpr std::int64_t kEngineUs = 20'000;  ///< an engine that was killed together with its main process has ended by then
  static constexpr std::int64_t kClearUs = 5'000'000;
  static constexpr std::int64_t kKillAgainUs = 1'000'000;

  explicit Service(Body& body) : body_(body) {}

  void start();
  void stop();
  void restart();
  /// Takes up a process that an earlier agent started.
  void adopt(ProcessId process);
  /// Clears what an earlier agent may have left of an instance whose main process is gone, then goes where `up` says.
  void recover(bool up);

  void exited(ExitStatus status);
  void engine_died(std::string cause);
  void emptied();
  void released();
  void timer();
  void probed(const ProbeResult& result);

  State state() const { return state_; }
  bool wanted_up() const { return wanted_up_; }
  ProcessId process() const { return process_; }  ///< pid 0 when the main process does not run
  const std::string& role() const { return role_; }
  const std::string& detail() const { return detail_; }  ///< last exit, or what the probe says, or what it waits for
  int restarts() const { return restarts_; }
  /// Deaths in a row since it was told to start, or was last ready.
  int deaths_before_ready() const { return deaths_before_ready_; }
  /// As `status` shows it.
  Life life() const;

 private:
  void enter(State next);
  void begin();
  void cleared();
  void died(std::string cause);
  void forgive();
  std::int64_t delay_us();

  Body& body_;
  State state_ = State::stopped;
  bool wanted_up_ = false;
  bool at_once_ = false;  ///< the next start is commanded, not a recovery: no backoff
  ProcessId process_ = {};
  std::int64_t began_us_ = 0;
  int deaths_ = 0;        ///< in a row, none of them stable
  int deaths_before_ready_ = 0;
  int restarts_ = 0;
  std::string role_, detail_, cause_;
};

std::string_view name(Service::State state);

}  // namespace keelson
