#include "runtime/compose/engine.h"

#include <sys/utsname.h>

#include "base/json.h"

namespace keelson::compose {
namespace {

/// Whether a client that goes there leaves this machine. A tunnel's other end is not seen here: the engine's own machine tells.
bool leads_away(const std::string& place) {
  if (place.starts_with("ssh://")) return true;
  if (!place.starts_with("tcp://")) return false;
  const std::string host = place.substr(6);
  return !host.starts_with("127.") && !host.starts_with("localhost:") && !host.starts_with("[::1]");
}

std::string shown(const Engine& engine) { return engine.place.empty() ? engine.id : engine.place + " (" + engine.id + ")"; }

}  // namespace

Result<Engine> parse_engine(const std::string& info) {
  KEELSON_TRY(const Json json, parse_json(info));
  Engine out{json["ID"].as_string(), json["Name"].as_string(), json["KernelVersion"].as_string(), json["OperatingSystem"].as_string()};
  if (!out.id.empty()) return out;
  const auto errors = json["ServerErrors"].items();
  return fail_as(ErrorCode::preflight_refused, "no Docker engine answers", {}, errors.empty() ? std::string("it tells no id of itself") : errors.front().as_string(),
                 "is it running, and may you use it? docker info says");
}

ThisMachine this_machine() {
  struct utsname names{};
  ::uname(&names);
  return {names.nodename, names.release};
}

Result<void> must_be_here(const Engine& engine, const ThisMachine& here) {
  if (engine.machine == here.name && engine.kernel == here.kernel && !leads_away(engine.place)) return {};
  return fail_as(ErrorCode::preflight_refused, "the Docker engine is not on this machine", engine.place,
                 "it is on " + engine.machine + " (" + engine.system + "), where containers find no files of this machine, and this machine does not find them at their addresses",
                 "use an engine of this machine (docker context ls, DOCKER_HOST); or run keelson there");
}

Result<void> must_be_the_same(const Engine& standing, const Engine& answering, const std::string& state_dir) {
  if (standing.id.empty() || standing.id == answering.id) return {};
  return fail_as(ErrorCode::preflight_refused, "another Docker engine answers than the one it stands on", shown(answering), "it stands on " + shown(standing),
                 (standing.place.empty() ? std::string("name that engine by DOCKER_HOST or docker context use") : "DOCKER_HOST=" + standing.place + " and the same command") +
                     "; if that engine is gone for good: rm -r " + state_dir);
}

}  // namespace keelson::compose
