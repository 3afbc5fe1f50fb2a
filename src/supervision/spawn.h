#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "async/pidfd.h"
#include "base/result.h"
#include "supervision/process_spec.h"

namespace keelson {

/// Where starting a process can fail. The child reports the stage and errno through a pipe that exec closes.
enum class SpawnStage {
  fork,
  session,
  cgroup,
  limits,
  directory,
  output,
  groups,
  group,
  user,
  capabilities,
  privileges,
  exec,
};
/// "set the user", as in "cannot set the user".
std::string_view text(SpawnStage stage);

/// What the spec does not say: what the agent lends the process.
struct SpawnPlace {
  std::string cgroup = {};         ///< directory of its cgroup; "" = none
  bool fresh_cgroup = false;       ///< nothing was ever in it: the process can be born there
  std::string memory_cgroup = {};  ///< of the v1 memory hierarchy, best effort; "" = none
  int output = -1;                 ///< stdout and stderr (the log FIFO); -1 = /dev/null
};

struct Spawned {
  ProcessId id = {};
  OwnedFd pidfd = {};
};

/// Starts the spec's command in a session of its own: in its cgroup before the first instruction of the program, no
/// supplementary groups, its uid and gid, no capabilities in any set, no_new_privs, umask 077, core size 0, open files as
/// the spec says, stdin /dev/null, every other descriptor closed, signals at their defaults, killed by the kernel before
/// the agent when memory ends. Returns when exec has succeeded; an error names the stage, errno's text and the program.
Result<Spawned> spawn(const ProcessSpec& spec, const SpawnPlace& place);

}  // namespace keelson
