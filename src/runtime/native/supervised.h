#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "async/loop.h"
#include "async/pidfd.h"
#include "runtime/native/agent_client.h"
#include "runtime/native/cgroup.h"
#include "supervision/leader.h"
#include "supervision/prober.h"
#include "supervision/process_spec.h"
#include "supervision/service.h"

namespace keelson::native {

/// What every instance of an agent shares. Outlives them.
struct Ground {
  Loop& loop;
  CgroupRoots cgroups;
  World& world;
  TlsContexts tls = {};
  std::string log_dir;
  std::function<double()> jitter;
  LeaderGround leaders = {};
};

/// What an earlier agent wrote down about a process it started.
struct ProcessRecord {
  ProcessId process = {};
  std::string boot_id = {};
  std::string command_digest = {};
  std::int64_t started_ms = 0;
  std::uint64_t cgroup_inode = 0;  ///< 0 = it has none
  bool operator==(const ProcessRecord&) const = default;
};
Json to_json(const ProcessRecord& record);
ProcessRecord process_record_from_json(const Json& json);

/// One instance on this machine: the real Body of its Service. Owns what belongs to the instance in this agent (watches,
/// log pipe, probe), not its processes: those outlive it.
///
/// Without cgroups (an ordinary user without delegation) the instance is its session: killed by process group, found by
/// reading /proc. A process that made a session of its own escapes that; `status` says so in the detail.
class Supervised : private Body {
 public:
  struct Owner {
    std::function<void(Supervised&)> changed;
    std::function<void(Supervised&, std::string_view kind, const std::string& reason)> event;
    std::function<void(Supervised&, const Release&)> released;
  };
  /// `open_attempt`: what an earlier agent left written down of a release (Leader), or "".
  Supervised(Ground& ground, ProcessSpec spec, const std::string& open_attempt, Owner owner);
  ~Supervised() override = default;
  Supervised(const Supervised&) = delete;
  Supervised& operator=(const Supervised&) = delete;

  Service& service() { return service_; }
  const Service& service() const { return service_; }
  const ProcessSpec& spec() const { return spec_; }
  /// Counts for the next start; a changed probe counts at once, and so does a memory limit that is all that changed.
  void declare(ProcessSpec spec);
  /// At the start of an agent: takes the process up if it still is the one recorded, else clears what is left of it.
  void take_up(const std::optional<ProcessRecord>& record, bool wanted_up);
  /// To the main process.
  Result<void> signal(int number);
  ProcessStatus status() const;
  /// What a later agent must know; nothing while no main process runs.
  std::optional<ProcessRecord> record() const;
  /// Grows with every change that status shows.
  std::int64_t version() const { return version_; }
  /// Makes the endpoints follow the engine's majority, where the engine wants that.
  void steer();
  /// Removes cgroup and log pipe of a stopped instance. False: the kernel says busy, ask again.
  bool remove_traces();

 private:
  Result<ProcessId> spawn() override;
  void signal_stop() override;
  void kill_all() override;
  bool empty() override;
  bool engine_lives() override { return leader_ && leader_->engine_lives(); }
  bool release_due() override { return leader_ && leader_->due(); }
  void release() override { leader_->begin(); }
  int stop_timeout_ms() override { return spec_.stop_timeout_ms; }
  void start_probing() override;
  void stop_probing() override;
  void arm_us(std::int64_t delay_us) override;
  void disarm() override { timer_.reset(); }
  std::int64_t now_us() override { return ground_.loop.now_us(); }
  double jitter() override { return ground_.jitter(); }
  void changed() override;
  void event(std::string_view kind, const std::string& reason) override;

  Result<void> open_cgroup();
  void follow_leadership();
  void make_leader(const std::string& open_attempt);
  bool holds(int pid) const;
  std::optional<Leader::Unproved> unproved() const;
  void apply_limit();
  void watch_process(OwnedFd pidfd);
  void watch_emptiness();
  std::vector<int> session_pids() const;

  Ground& ground_;
  ProcessSpec spec_;
  Owner owner_;
  Service service_;
  Cgroup cgroup_;
  ProcessRecord record_;
  int session_ = 0;          ///< of the last main process: its pid
  std::int64_t version_ = 0;
  OwnedFd log_;
  OwnedFd cgroup_events_;
  Watch emptiness_;
  ProcessWatch process_;
  Timer timer_, empty_poll_;
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<Leader> leader_;
};

}  // namespace keelson::native
