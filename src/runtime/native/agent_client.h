#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "supervision/process_spec.h"
#include "runtime/runtime.h"

namespace keelson::native {

/// An instance as the agent reports it.
struct ProcessStatus {
  InstanceStatus instance;       ///< life, pids, role, restarts, detail
  std::string command_digest;    ///< of the spec the running process was started with
  std::int64_t memory_limit = 0; ///< in force now, bytes
  std::string tending_digest = {}; ///< of what the agent goes by now
};

/// Talks HTTP to the agent of one foundation over its Unix socket. Blocking; thread-safe (a connection per thread).
/// Every call fails with ErrorCode::not_running when nobody listens there.
class AgentClient {
 public:
  explicit AgentClient(std::string socket_path);
  /// The agent's pid and version: {"pid":…,"version":…,"started_at":…}.
  Result<Json> hello();
  /// Declares an instance (kept across agent restarts); does not start it, does not disturb a running one.
  Result<void> put(const ProcessSpec& spec);
  /// Starts, stops or restarts; returns at once. Starting a running instance is no error.
  Result<void> start(const std::string& name);
  Result<void> stop(const std::string& name);
  Result<void> restart(const std::string& name);
  Result<void> signal(const std::string& name, int number);
  /// Stops it if need be and forgets it; blocks until no process of it is left.
  Result<void> remove(const std::string& name);
  Result<std::vector<ProcessStatus>> status();
  /// Blocks until the instance is ready (or stopped/absent when `want` says so), or fails with what it waits for. `waiting`
  /// hears each change of that. `hopeless` hears with each answer how often in a row it died without having been ready, and
  /// says whether to give up. Event-driven: the agent answers when something changes, at the latest after 1 s.
  Result<void> wait(const std::string& name, Life want, int timeout_ms, const std::function<void(const std::string&)>& waiting,
                    const std::function<bool(int deaths)>& hopeless = {});
  /// Events with seq > `after`, oldest first; blocks up to `wait_ms` while there is none.
  Result<std::vector<Json>> events(std::int64_t after, int wait_ms);
  /// Stops every instance (newest first), removes cgroups, then the agent and its guardian end. Blocks until they are gone.
  Result<void> shutdown(int timeout_ms);

 private:
  std::string socket_path_;
};

}  // namespace keelson::native
