#include "operate/processes.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "async/pidfd.h"
#include "protocol/tls_client.h"
#include "system/files.h"

namespace keelson::operate {
namespace {

Result<std::set<int>> pids_of(Standing& standing, std::span<const std::string> instances) {
  KEELSON_TRY(const auto status, standing.runtime.status());
  std::set<int> out;
  for (const InstanceStatus& instance : status)
    if (std::find(instances.begin(), instances.end(), instance.name) != instances.end()) out.insert(instance.pids.begin(), instance.pids.end());
  return out;
}

bool ended(const OwnedFd& fd, int wait_ms) {
  pollfd watched{fd.get(), POLLIN, 0};
  return ::poll(&watched, 1, wait_ms) == 1;
}

/// "" for one that has ended.
std::string proc_text(int pid, const char* file) {
  RealFiles files;
  return files.read("/proc/" + std::to_string(pid) + "/" + file, 1 << 16).value_or("");
}

}  // namespace

Result<Held> Held::of_instances(Standing& standing, std::span<const std::string> instances) {
  KEELSON_TRY(const std::set<int> before, pids_of(standing, instances));
  Held out;
  for (const int pid : before) {
    auto fd = open_pidfd(pid);
    if (fd) out.processes_.push_back({pid, std::move(*fd)});
  }
  // Asked again after the opening: what still is one of theirs is the process that was opened.
  KEELSON_TRY(const std::set<int> after, pids_of(standing, instances));
  std::erase_if(out.processes_, [&after](const Process& process) { return !after.contains(process.pid); });
  if (out.processes_.empty()) return fail("no process can be reached", instances.empty() ? "" : instances.front(), "the runtime shows none of them here", "keelson ps");
  return out;
}

Result<Held> Held::of_process(const Json& json) {
  const ProcessId id{static_cast<int>(json["pid"].as_int()), static_cast<std::uint64_t>(json["start_time"].as_int())};
  KEELSON_TRY(OwnedFd fd, open_pidfd(id));
  Held out;
  out.processes_.push_back({id.pid, std::move(fd)});
  return out;
}

Result<Json> process_json(int pid) {
  const auto start_time = process_start_time(pid);
  if (!start_time) return fail("there is no such process", "pid " + std::to_string(pid));
  return Json::object().set("pid", pid).set("start_time", *start_time);
}

Held Held::with(std::string_view word) && {
  std::erase_if(processes_, [word](const Process& process) { return proc_text(process.pid, "cmdline").find(word) == std::string::npos; });
  return std::move(*this);
}

Result<void> Held::signal(int number) const {
  std::string problem;
  for (const Process& process : processes_)
    if (::syscall(SYS_pidfd_send_signal, process.fd.get(), number, nullptr, 0) != 0 && errno != ESRCH) problem = std::strerror(errno);
  if (!problem.empty()) return fail("cannot send signal " + std::to_string(number), {}, problem);
  return {};
}

Result<void> Held::wait_ended(int within_ms) const {
  const Deadline deadline = Deadline::in_ms(within_ms);
  for (const Process& process : processes_)
    if (!ended(process.fd, deadline.remaining_ms())) return fail("a process has not ended", "pid " + std::to_string(process.pid), "within " + std::to_string(within_ms) + " ms");
  return {};
}

bool Held::all_stopped() const {
  return std::all_of(processes_.begin(), processes_.end(), [](const Process& process) {
    if (ended(process.fd, 0)) return true;
    const std::string stat = proc_text(process.pid, "stat");
    const std::size_t name_end = stat.rfind(')');  // proc(5): the name may hold anything
    return name_end != std::string::npos && stat.substr(name_end, 4).find('T') != std::string::npos;
  });
}

std::vector<std::string> instances_of(const Member& member) {
  std::vector<std::string> out;
  for (const Instance& instance : member.instances) out.push_back(instance.name);
  return out;
}

}  // namespace keelson::operate
