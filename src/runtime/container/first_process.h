#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async/loop.h"
#include "async/pidfd.h"
#include "async/worker_pool.h"
#include "component/kind.h"
#include "runtime/container/clearing.h"
#include "runtime/container/container_world.h"
#include "supervision/leader.h"
#include "supervision/member_facts.h"
#include "supervision/process_spec.h"
#include "supervision/prober.h"
#include "supervision/service.h"

namespace keelson::container {

struct FirstProcessOptions {
  MemberFacts facts;
  std::vector<std::string> command = {};  ///< becomes the engine
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string attempt_file = {};          ///< on the instance's volume: an open attempt must outlive the container
  std::string proc = "/proc";
  /// Before a planned stop of a leader whose engine would leave the others to their timers; who leads now. Null = there is no need.
  Result<std::string> (*hand_over)(World&, const std::string& facts) = nullptr;
};

/// keelson as the first process of a container whose instance may lead: what the agent is natively, for one instance. The order of what
/// happens is Service's and Leader's (supervision/), the fence Clearing's; what is different in a container is here:
///
///  - the engine is a child in a session of its own, and everything in the container is the instance: what is left of it is whatever
///    /proc lists. An orphan is the first process's child and is reaped;
///  - whoever kills the first process ends the container. Then nobody releases: the engine's timers rule. An attempt that was open is
///    found on the volume by the next first process, and is settled before the engine starts;
///  - an engine that ends and led nothing ends the container, with its status: starting it anew is the container runtime's business, which
///    counts and waits as it is told. A leader that died is started again here, once its release is settled;
///  - the stop signal is a planned stop: a leader hands over first, for half of the stop's time at the most. TERM, INT, HUP, USR1, USR2 and QUIT
///    go on to the engine;
///  - there is no agent to ask: each decision is a line on standard error, which `keelson logs` shows.
class FirstProcess : private Body {
 public:
  FirstProcess(Loop& loop, FirstProcessOptions options, Catalog catalog);
  /// Runs until the engine is stopped or has ended; the exit status for this process, the engine's.
  int run();
  /// What `run` does is blocked first, so that no signal is lost: call it before anything that starts threads.
  static void block_signals();

 private:
  Result<ProcessId> spawn() override;
  void signal_stop() override;
  void kill_all() override;
  bool empty() override { return clearing_.done(); }
  bool engine_lives() override { return leader_.engine_lives(); }
  bool release_due() override { return leader_.due(); }
  void release() override { leader_.begin(); }
  int stop_timeout_ms() override { return spec_.stop_timeout_ms; }
  void start_probing() override;
  void stop_probing() override { prober_.reset(); }
  void arm_us(std::int64_t delay_us) override;
  void disarm() override { timer_.reset(); }
  std::int64_t now_us() override { return loop_.now_us(); }
  double jitter() override;
  void changed() override;
  void event(std::string_view kind, const std::string& reason) override;

  Leader::Owner owner();
  bool holds(int pid) const;
  void received(int number);
  void main_ended(const ExitStatus& status);
  void handed_over(const Result<std::string>& leads_now);
  void pass_on(int number);
  void reap();
  void told(const Release& release);
  Result<void> keep(const std::string& attempt);

  Loop& loop_;
  const FirstProcessOptions options_;
  ProcessSpec spec_;
  ContainerWorld world_;
  WorkerPool workers_;
  LeaderGround ground_;
  TlsContexts tls_;
  Clearing clearing_;
  Service service_;
  Leader leader_;
  std::unique_ptr<Prober> prober_;
  ProcessWatch main_;
  Timer timer_, reap_again_;
  Job handing_over_;
  ExitStatus status_ = {};
};

}  // namespace keelson::container
