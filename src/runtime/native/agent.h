#pragma once
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.h"
#include "async/worker_pool.h"
#include "runtime/native/agent_launch.h"
#include "runtime/native/agent_world.h"
#include "runtime/native/damage_repair.h"
#include "runtime/native/http_server.h"
#include "runtime/native/supervised.h"
#include "state/event_log.h"
#include "state/processes.h"
#include "system/random.h"

namespace keelson::native {

/// The supervisor of one foundation: instances, the log writer, the socket. One thread, one loop.
///
/// Kept in the state (`Processes`): "spec" = declared instances and whether they are wanted up; "process" = main processes by
/// (pid, start time, boot id); "agent/log-writer" = the log process. Every change is written before it is answered, and a
/// started process is written down right after the start: should the agent die in between, the next one finds the cgroup
/// populated by a process nobody wrote down, and kills it before starting another. "attempt" = leader releases that are not
/// known to be over (leader.h).
class Agent {
 public:
  /// `catalog` knows how each kind gives a leadership up. `secrets` is called from worker threads too.
  Agent(Loop& loop, const AgentOptions& options, Catalog catalog, state::Database& database, Clock& clock, Random& random, SecretSource secrets);

  /// Makes the log writer run, takes up what earlier agents started, starts what is declared up and dead, has repaired what was damaged on
  /// purpose and never mended.
  Result<void> begin();
  /// Serves one request of the routes in docs/design/supervision.md.
  void serve(std::shared_ptr<Exchange> exchange);
  /// True once a shutdown is complete: nothing of the foundation runs and the agent should end.
  bool finished() const { return finished_; }

 private:
  /// A request that waits for a change. `check` answers it if it can.
  struct Waiter {
    std::shared_ptr<Exchange> exchange;
    std::function<bool(Exchange&, bool last_call)> check;
    Timer deadline;
  };

  Supervised& add(ProcessSpec spec, const std::string& open_attempt = {});
  Supervised* find(const std::string& name);
  void keep_spec(const Supervised& instance);
  void keep_process(Supervised& instance);
  void on_changed(Supervised& instance);
  void on_event(Supervised& instance, std::string_view kind, const std::string& reason);
  void on_released(Supervised& instance, const Release& release);
  void steer_soon();
  void steer_members();
  void event(std::string_view kind, const std::string& component, const std::string& member, const std::string& reason);

  void serve_instance(const std::shared_ptr<Exchange>& exchange, const std::string& name, const std::string& verb);
  void put(Exchange& exchange, const std::string& name);
  void wait_for(const std::shared_ptr<Exchange>& exchange, const std::string& name);
  void remove(const std::shared_ptr<Exchange>& exchange, const std::string& name);
  void read_events(const std::shared_ptr<Exchange>& exchange);
  void list(Exchange& exchange);
  void park(std::shared_ptr<Exchange> exchange, std::function<bool(Exchange&, bool)> check);
  void wake_waiters();
  void check_waiters();

  void begin_shutdown(const std::shared_ptr<Exchange>& exchange);
  void go_on_ending();
  void erase_removed();
  void end_log_writer();

  void keep_log_writer();
  void start_log_writer();
  void log_writer_ended();

  Loop& loop_;
  AgentOptions options_;
  state::Processes processes_;
  state::EventLog events_;
  Clock& clock_;
  std::int64_t began_ms_;
  int guardian_pid_;
  AgentWorld world_;
  WorkerPool workers_;
  Ground ground_;
  DamageRepair repair_;
  std::map<std::string, std::unique_ptr<Supervised>> instances_;
  std::map<std::string, std::string> kept_processes_;  ///< what the state holds: spares writes that change nothing
  std::vector<std::string> removing_;
  std::list<Waiter> waiters_;
  Timer wake_, retry_, steer_;
  ProcessWatch log_writer_;
  std::int64_t log_writer_began_us_ = 0;
  Timer log_writer_again_;
  bool ending_ = false, finished_ = false;
};

}  // namespace keelson::native
