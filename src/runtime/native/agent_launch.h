#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "component/kind.h"

namespace keelson::native {

/// What the agent of a foundation needs to know. All paths absolute.
struct AgentOptions {
  std::string program = {};      ///< the keelson binary that guardian, agent and log writer are started from
  std::string state_dir = {};
  std::string foundation = {};
  int foundation_id = 0;         ///< of the host registry: names the cgroup
  std::string socket_path = {};  ///< `<state>/agent/agent.sock`; may be longer than 107 bytes
  std::string key_file = {};     ///< of the secret store (redis probes log in)
};

/// Starts guardian and agent and returns when the agent answers on its socket (a pipe says so: nothing is polled), or with
/// the agent's own reason why it could not start. An agent that runs already is no error. Deadline 20 s.
/// The programs it starts, which the command line forwards to the functions below:
///   `keelson guardian <arguments>`, `keelson agent <arguments>`, `keelson log-writer <directory>`
Result<void> launch_agent(const AgentOptions& options);

/// "--state-dir=…" and so on, and back; unknown words are refused.
std::vector<std::string> agent_arguments(const AgentOptions& options);
Result<AgentOptions> parse_agent_arguments(const std::vector<std::string>& arguments);

/// Body of `keelson guardian`: leaves the terminal and the session, then keeps one agent running until it ends by itself
/// with status 0 (told to) or 7 (another agent has the lock). It is the subreaper of the foundation: what outlives an agent
/// becomes its child, so that nothing of a foundation is ever handed to init unseen. It has no state of its own. SIGTERM is
/// passed to the agent, and both end; instances go on running.
int run_guardian(const AgentOptions& options);

/// Body of `keelson agent`: supervises until it is told to shut down. SIGTERM and SIGINT end only the agent: its instances go
/// on and the next agent takes them up. Returns the exit status.
int run_agent(const AgentOptions& options, Catalog catalog);

}  // namespace keelson::native
