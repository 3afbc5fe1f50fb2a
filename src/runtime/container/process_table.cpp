#include "runtime/container/process_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <optional>
#include <sstream>

#include "system/fd.h"
#include "system/files.h"

namespace keelson::container {
namespace {

constexpr unsigned kExiting = 0x4;  ///< PF_EXITING, linux/sched.h: cgroup v1 shows such a process at its root

/// Files of /proc say they have no size. Nothing: the process is gone.
std::optional<std::string> read_of_process(const std::string& path) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return errno == ENOENT || errno == ESRCH ? std::nullopt : std::optional<std::string>("");
  std::string out;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = ::read(fd.get(), buffer.data(), buffer.size())) != 0;) {
    if (got < 0) return errno == ESRCH ? std::nullopt : std::optional<std::string>(std::move(out));
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return out;
}

/// "1 (a name (any)) S 0 1 1 0 -1 4194560 …": the name may hold anything, so it ends at the last ')'.
void read_stat(const std::string& stat, Process& process) {
  const std::size_t open = stat.find('('), close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return;
  process.name = stat.substr(open + 1, close - open - 1);
  std::istringstream fields(stat.substr(close + 1));
  char state = '?';
  int group = 0, session = 0, terminal = 0, foreground = 0;
  unsigned flags = 0;
  fields >> state >> process.parent >> group >> session >> terminal >> foreground >> flags;
  process.ending = state == 'Z' || state == 'X' || (flags & kExiting) != 0;
}

}  // namespace

Result<std::vector<Process>> processes_in(const std::string& proc) {
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_TRY(const std::vector<std::string> names, files.list(proc));
  std::vector<Process> out;
  for (const std::string& name : names) {
    Process process;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), process.pid).ptr;
    if (end != name.data() + name.size()) continue;
    const auto stat = read_of_process(proc + "/" + name + "/stat");
    if (!stat) continue;
    read_stat(*stat, process);
    process.cgroup = read_of_process(proc + "/" + name + "/cgroup").value_or("");
    out.push_back(std::move(process));
  }
  return out;
}

std::string why_not_first(int own_pid, const std::string& proc) {
  if (own_pid != 1) return fmt::format("keelson is process {} of its PID namespace, not the first", own_pid);
  std::array<char, PATH_MAX> self;
  const ssize_t length = ::readlink((proc + "/self").c_str(), self.data(), self.size());
  if (length == 1 && self[0] == '1') return {};
  return proc + " shows another PID namespace";
}

Result<Namespace> look_around(const std::string& proc) {
  KEELSON_TRY(const std::vector<Process> all, processes_in(proc));
  const Process* first = nullptr;
  for (const Process& process : all)
    if (process.pid == 1) first = &process;
  if (first == nullptr) return fail("the first process does not see itself", proc);
  Namespace out;
  for (const Process& process : all) {
    if (process.pid == 1) continue;
    const bool own = process.ending || process.cgroup == first->cgroup;
    (own ? out.own : out.strangers).push_back(process);
  }
  return out;
}

std::string text(const Process& process) { return fmt::format("process {} ({})", process.pid, process.name); }

}  // namespace keelson::container
