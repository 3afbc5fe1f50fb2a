#pragma once
#include <string>
#include <vector>

#include "base/result.h"

namespace keelson::container {

/// A process as /proc shows it (proc(5), "/proc/pid/stat" and "/proc/pid/cgroup").
struct Process {
  int pid = 0;
  int parent = 0;       ///< 0: its parent is outside the namespace, as of whoever `docker exec` brought in
  bool ending = false;  ///< dead or dying: no cgroup can be told of it any more
  std::string name = {};
  std::string cgroup = {};  ///< the whole file
  bool operator==(const Process&) const = default;
};

/// All processes that `proc` lists; one that ends meanwhile is left out, one that cannot be read is not.
Result<std::vector<Process>> processes_in(const std::string& proc);

/// What shares a PID namespace with its first process.
///
/// A container has one of its own unless it was told otherwise (Compose `pid:`, Kubernetes hostPID and shareProcessNamespace). Then
/// either somebody else is its first process, or the processes of other containers are in it. These look like those that `docker exec`
/// brings in, whose parent is outside, too; but `docker exec` puts a process into the container's cgroup, and no process without
/// privileges leaves it.
struct Namespace {
  std::vector<Process> own = {};      ///< of this container, without its first process
  std::vector<Process> strangers = {};  ///< in another cgroup: of another container, or brought in by `docker exec` this very moment
};

/// Why `own_pid` is not the first process of the PID namespace that `proc` shows; "" = it is.
std::string why_not_first(int own_pid, const std::string& proc);
/// Of the first process's namespace. Fails when /proc cannot be read: then nothing is known.
Result<Namespace> look_around(const std::string& proc);
/// "process 77 (sleep)".
std::string text(const Process& process);

}  // namespace keelson::container
