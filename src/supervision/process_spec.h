#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "component/instance.h"

namespace keelson {

/// What the agent needs to run one instance: everything is resolved (numeric ids, absolute paths), nothing is secret.
/// It goes over the socket as JSON and is kept in the state, so that a restarted agent knows what it supervises.
struct ProcessSpec {
  std::string name = {};       ///< instance name
  std::string component = {};
  std::string member = {};
  std::vector<std::string> command = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::string directory = "/";
  int uid = -1, gid = -1;      ///< -1: the agent's own (ordinary user)
  int stop_signal = 15;
  int stop_timeout_ms = 30'000;
  std::int64_t memory_limit = 0;
  std::int64_t open_files = 65'536;
  Probe ready = {};
  Leadership leadership = {};
  bool operator==(const ProcessSpec&) const = default;
};

Json to_json(const Probe& probe);
Result<Probe> probe_from_json(const Json& json);
Json to_json(const Leadership& leadership);
Leadership leadership_from_json(const Json& json);
Json to_json(const ProcessSpec& spec);
Result<ProcessSpec> process_spec_from_json(const Json& json);
/// The name under which a plan sets it.
inline constexpr std::string_view kMemoryLimit = "memory limit";
/// The name under which a plan sets what the agent goes by.
inline constexpr std::string_view kSupervision = "supervision";
/// The same with another memory limit, which can change while the process runs.
ProcessSpec with_limit(ProcessSpec spec, std::int64_t memory_limit);
/// Digest of everything that needs a restart to change (all but the probe, the stop settings and the leadership).
std::string command_digest(const ProcessSpec& spec);
/// Digest of the rest: what the agent goes by while the process runs. It changes without a restart.
std::string tending_digest(const ProcessSpec& spec);

}  // namespace keelson
