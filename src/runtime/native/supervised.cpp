#include "runtime/native/supervised.h"

#include <dirent.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "runtime/native/log_writer.h"
#include "supervision/spawn.h"

namespace keelson::native {

Json to_json(const ProcessRecord& record) {
  return Json::object()
      .set("pid", record.process.pid)
      .set("start_time", record.process.start_time)
      .set("boot_id", record.boot_id)
      .set("command_digest", record.command_digest)
      .set("started_ms", record.started_ms)
      .set("cgroup_inode", record.cgroup_inode);
}

ProcessRecord process_record_from_json(const Json& json) {
  return {{static_cast<int>(json["pid"].as_int()), static_cast<std::uint64_t>(json["start_time"].as_int())},
          json["boot_id"].as_string(), json["command_digest"].as_string(), json["started_ms"].as_int(),
          static_cast<std::uint64_t>(json["cgroup_inode"].as_int())};
}

Supervised::Supervised(Ground& ground, ProcessSpec spec, const std::string& open_attempt, Owner owner)
    : ground_(ground), spec_(std::move(spec)), owner_(std::move(owner)), service_(*this) {
  make_leader(open_attempt);
}

void Supervised::make_leader(const std::string& open_attempt) {
  leader_.reset();
  if (spec_.leadership.kind.empty() || find_kind(ground_.leaders.catalog, spec_.leadership.kind) == nullptr) return;
  leader_ = std::make_unique<Leader>(ground_.loop, ground_.leaders, spec_.name, spec_.leadership, open_attempt,
                                     Leader::Owner{.holds = [this](int pid) { return holds(pid); },
                                                   .unproved = [this] { return unproved(); },
                                                   .engine_died = [this](const std::string& cause) { service_.engine_died(cause); },
                                                   .may_start = [this] { service_.released(); },
                                                   .told = [this](const Release& release) { owner_.released(*this, release); }});
}

bool Supervised::holds(int pid) const {
  const std::vector<int> pids = cgroup_ ? cgroup_.pids() : std::vector<int>{};
  return std::find(pids.begin(), pids.end(), pid) != pids.end();
}

/// A cgroup that was remade since the process began proves nothing about it.
std::optional<Leader::Unproved> Supervised::unproved() const {
  if (cgroup_ && record_.cgroup_inode != 0 && cgroup_.inode() == record_.cgroup_inode) return std::nullopt;
  return Leader::Unproved{"no-cgroup-proof", "no cgroup shows that nothing of it is left"};
}

void Supervised::steer() {
  if (leader_) leader_->steer();
}

void Supervised::declare(ProcessSpec spec) {
  const bool probe_changed = spec.ready != spec_.ready;
  const bool only_limit_changed = spec.memory_limit != spec_.memory_limit && command_digest(with_limit(spec, spec_.memory_limit)) == record_.command_digest;
  const bool leadership_changed = spec.leadership != spec_.leadership;
  spec_ = std::move(spec);
  if (leadership_changed && !release_due()) follow_leadership();  // while one is given up, its own facts hold until the next start
  if (only_limit_changed && service_.process().pid != 0) apply_limit();
  if (probe_changed && prober_) start_probing();
}

/// A leader that runs keeps what is known of it: its role, its engine's process.
void Supervised::follow_leadership() {
  const bool only_facts = leader_ && leader_->leadership().kind == spec_.leadership.kind && leader_->leadership().engine_pid_file == spec_.leadership.engine_pid_file;
  if (only_facts) leader_->go_by(spec_.leadership.facts);
  else make_leader("");
}

/// A limit can change under a running process; what it was started with then counts as what is wanted.
void Supervised::apply_limit() {
  if (auto opened = open_cgroup(); !opened) return event("failed", describe(opened.error()));
  record_.command_digest = command_digest(spec_);
  changed();
}

void Supervised::take_up(const std::optional<ProcessRecord>& record, bool wanted_up) {
  if (auto opened = open_cgroup(); !opened) event("failed", describe(opened.error()));
  if (record && record->boot_id == boot_id()) {
    session_ = record->process.pid;
    if (auto pidfd = open_pidfd(record->process)) {
      record_ = *record;
      watch_process(std::move(*pidfd));
      service_.adopt(record->process);
      if (!wanted_up) service_.stop();  // it was being stopped when its agent ended
      return;
    }
  }
  if (record || !empty()) service_.recover(wanted_up);
  else if (wanted_up) service_.start();
}

Result<void> Supervised::open_cgroup() {
  KEELSON_TRY(cgroup_, Cgroup::open(ground_.cgroups, spec_.name, spec_.memory_limit));
  return {};
}

Result<ProcessId> Supervised::spawn() {
  emptiness_.reset();  // of a group that is about to go: its descriptor would be ready for ever
  KEELSON_TRY(cgroup_, Cgroup::renew(ground_.cgroups, spec_.name, spec_.memory_limit));
  KEELSON_TRY(log_, open_log_fifo(ground_.log_dir, spec_.name, spec_.uid));
  KEELSON_TRY(Spawned spawned, keelson::spawn(spec_, {cgroup_.path(), cgroup_.fresh(), cgroup_.memory_path(), log_.get()}));
  record_ = {spawned.id, boot_id(), command_digest(spec_), ground_.loop.clock().wall_ms(), cgroup_.inode()};
  session_ = spawned.id.pid;
  watch_process(std::move(spawned.pidfd));
  return record_.process;
}

void Supervised::watch_process(OwnedFd pidfd) {
  process_ = ProcessWatch(ground_.loop, std::move(pidfd), [this](ExitStatus status) {
    if (leader_) leader_->main_ended(status);
    service_.exited(status);
  });
  if (leader_ && !release_due()) follow_leadership();
  if (leader_) leader_->started();
}

Result<void> Supervised::signal(int number) {
  if (service_.process().pid == 0) return fail_as(ErrorCode::not_running, spec_.name + " does not run");
  if (syscall(SYS_pidfd_send_signal, process_.fd(), number, nullptr, 0) != 0) return fail("cannot signal " + spec_.name, {}, std::strerror(errno));
  return {};
}

/// To the main process alone: it knows how to end its children (PostgreSQL's and Patroni's must not all get the signal).
void Supervised::signal_stop() {
  if (leader_) leader_->planned_stop();
  static_cast<void>(signal(spec_.stop_signal));
}

void Supervised::kill_all() {
  if (cgroup_) {
    watch_emptiness();
    static_cast<void>(cgroup_.kill());
    return;
  }
  if (session_ > 1) ::kill(-session_, SIGKILL);
  for (const int pid : session_pids()) ::kill(pid, SIGKILL);
  // Without a cgroup nobody tells when a session is empty: look again, for the few milliseconds a kill takes.
  empty_poll_ = ground_.loop.after_ms(5, [this] {
    if (empty()) return service_.emptied();
    kill_all();
  });
}

void Supervised::watch_emptiness() {
  auto events = cgroup_.events();
  if (!events) return;  // the cgroup is gone, so it is empty; else the timer of `clearing` asks again
  emptiness_.reset();
  cgroup_events_ = std::move(*events);
  emptiness_ = ground_.loop.watch(cgroup_events_.get(), EPOLLPRI, [this](std::uint32_t) {
    std::array<char, 64> ignored;
    static_cast<void>(::pread(cgroup_events_.get(), ignored.data(), ignored.size(), 0));
    if (!empty()) return;
    emptiness_.reset();
    service_.emptied();
  });
}

bool Supervised::empty() { return cgroup_ ? !cgroup_.populated() : session_pids().empty(); }

/// Field 6 of /proc/<pid>/stat is the session; zombies do not count.
std::vector<int> Supervised::session_pids() const {
  std::vector<int> pids;
  if (session_ <= 1) return pids;
  DIR* const directory = ::opendir("/proc");
  if (!directory) return pids;
  while (const dirent* entry = ::readdir(directory)) {
    const int pid = std::atoi(entry->d_name);
    if (pid > 0 && ::getsid(pid) == session_ && process_start_time(pid)) pids.push_back(pid);
  }
  ::closedir(directory);
  return pids;
}

void Supervised::start_probing() {
  prober_ = std::make_unique<Prober>(ground_.loop, ground_.tls, ground_.world, spec_.ready,
                                     [this](const ProbeResult& result) {
                                       service_.probed(result);
                                       if (leader_) leader_->probed(result);
                                     });
}

void Supervised::stop_probing() { prober_.reset(); }

void Supervised::arm_us(std::int64_t delay_us) {
  timer_ = ground_.loop.after_us(delay_us, [this] { service_.timer(); });
}

void Supervised::changed() {
  ++version_;
  owner_.changed(*this);
}

void Supervised::event(std::string_view kind, const std::string& reason) { owner_.event(*this, kind, reason); }

std::optional<ProcessRecord> Supervised::record() const {
  if (service_.process().pid == 0) return std::nullopt;
  return record_;
}

ProcessStatus Supervised::status() const {
  ProcessStatus status;
  InstanceStatus& instance = status.instance;
  const bool runs = service_.process().pid != 0;
  instance.name = spec_.name;
  instance.life = service_.life();
  instance.pids = cgroup_ ? cgroup_.pids() : session_pids();
  instance.role = service_.role();
  instance.started_ms = runs ? record_.started_ms : 0;
  instance.restarts = service_.restarts();
  instance.detail = service_.detail();
  if (!ground_.cgroups.why_not.empty()) instance.detail += (instance.detail.empty() ? "" : "; ") + ground_.cgroups.why_not;
  if (runs) status.command_digest = record_.command_digest;
  status.memory_limit = spec_.memory_limit;
  status.tending_digest = tending_digest(spec_);
  return status;
}

bool Supervised::remove_traces() {
  log_.reset();
  remove_log_fifo(ground_.log_dir, spec_.name);
  return !cgroup_ || cgroup_.remove();
}

}  // namespace keelson::native
