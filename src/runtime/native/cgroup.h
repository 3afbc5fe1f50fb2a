#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "system/fd.h"

namespace keelson::native {

/// Where cgroups of a foundation may be made on this machine, found once per agent.
struct CgroupRoots {
  std::string processes;  ///< `<cgroup2 mount>[/own]/keelson/<foundation id>`; "" = no cgroups (see `why_not`)
  std::string memory;     ///< the same in a cgroup v1 memory hierarchy (hybrid machines); "" = none
  bool memory_in_v2 = false;  ///< memory.max works in `processes`
  std::string why_not;    ///< told in status when `processes` is empty
};

/// Finds a cgroup2 hierarchy in which keelson may make groups: the mount's root (root user), else the agent's own group
/// (an ordinary user under systemd `Delegate=yes`). Makes `keelson/<id>` there. cgroup.kill needs Linux 5.14.
CgroupRoots find_cgroup_roots(const std::string& foundation_id);
/// Removes `keelson/<id>`, and `keelson` when it is empty.
void remove_cgroup_roots(const CgroupRoots& roots);

/// The group that holds every process of one instance: it cannot be left, so killing it and seeing it empty proves that
/// nothing of the instance runs. One object per instance; the directory is not removed by the destructor, because
/// instances outlive the agent.
class Cgroup {
 public:
  /// Makes (or finds) the group. Without `roots.processes` the result is an object whose `path()` is empty.
  static Result<Cgroup> open(const CgroupRoots& roots, const std::string& instance, std::int64_t memory_limit);

  /// The same for a start: made anew when nothing is in it.
  static Result<Cgroup> renew(const CgroupRoots& roots, const std::string& instance, std::int64_t memory_limit);

  const std::string& path() const { return path_; }
  const std::string& memory_path() const { return memory_; }
  explicit operator bool() const { return !path_.empty(); }
  /// Made by this object, so nothing was ever in it, nor killed in it.
  bool fresh() const { return fresh_; }

  /// SIGKILL to every process in it, at once (cgroup.kill, Linux 5.14).
  Result<void> kill() const;
  /// Whether a process is in it. An unreadable group counts as populated: emptiness must be proved.
  bool populated() const;
  /// A descriptor of cgroup.events: EPOLLPRI says that `populated()` may have changed.
  Result<OwnedFd> events() const;
  std::vector<int> pids() const;
  /// Of its directory: a group that was removed and made again is another one. 0 = there is none.
  std::uint64_t inode() const;
  /// Removes the (empty) groups. False while the kernel still says busy: ask again in a few milliseconds.
  bool remove() const;

 private:
  void limit_memory_v1(const std::string& path, const std::string& bytes);

  std::string path_;
  std::string memory_;
  bool fresh_ = false;
};

}  // namespace keelson::native
