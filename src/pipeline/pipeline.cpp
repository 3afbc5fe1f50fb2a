#include "pipeline/pipeline.h"

#include <algorithm>

#include "components/catalog.h"
#include "pipeline/compose_pipeline.h"
#include "pipeline/kubernetes_pipeline.h"
#include "pipeline/locate.h"
#include "pipeline/machine.h"
#include "pipeline/native_pipeline.h"
#include "runtime/compose/docker.h"
#include "runtime/native/agent_client.h"

namespace keelson {
namespace {

/// Whether a blueprint was just read, or is the one that was applied.
enum class From { user, state };

/// Whether it is another one than when the blueprint was applied; --runtime may have overruled that one, too.
bool changed_runtime(const Blueprint& blueprint, const Applied& standing) {
  const auto applied = load_blueprint(standing.sources, standing.profile, catalog());
  return !applied || applied->runtime != blueprint.runtime;
}

/// The runtime a request is about: what stands in its state directory has one already, and another one is asked for in vain.
Checked<std::string> runtime_of(const Request& request, const Blueprint& blueprint, From from, const std::optional<Applied>& standing, const std::string& state_dir) {
  if (!standing) return request.runtime.empty() ? blueprint.runtime : request.runtime;
  const auto refuse = [&](const std::string& why, const std::string& mend) {
    return unexpected(Errors{{ErrorCode::preflight_refused, blueprint.foundation + " stands on runtime " + standing->runtime, state_dir, why,
                              mend + "; or end it first, its data too: keelson destroy; for a second one beside it: --state-dir DIR"}});
  };
  if (!request.runtime.empty() && request.runtime != standing->runtime) return refuse("asked for was --runtime " + request.runtime, "leave --runtime out");
  if (request.runtime.empty() && from == From::user && blueprint.runtime != standing->runtime && changed_runtime(blueprint, *standing))
    return refuse("its blueprint says runtime: " + blueprint.runtime + " now", "let it say runtime: " + standing->runtime);
  return standing->runtime;
}

Checked<std::unique_ptr<Pipeline>> open_with(const Request& request, Applied source, From from) {
  KEELSON_TRY(Blueprint blueprint, load_blueprint(source.sources, source.profile, catalog()));
  std::string state_dir = request.state_dir.empty() ? base_dir() + "/" + blueprint.foundation : request.state_dir;
  RealFiles files;
  const auto standing = find_applied(files, state_dir);
  if (!standing) return unexpected(Errors{standing.error()});
  KEELSON_TRY(const std::string runtime, runtime_of(request, blueprint, from, *standing, state_dir));
  OpenedBlueprint opened{request, std::move(source), *standing ? (*standing)->stands_on : StandsOn{}, std::move(blueprint), std::move(state_dir)};
  if (runtime == "native") return open_native(std::move(opened));
  if (runtime == "compose") return open_compose(std::move(opened));
  if (runtime == "kubernetes") return open_kubernetes(std::move(opened));
  const std::string where = request.runtime.empty() ? opened.blueprint.mark.text() : "--runtime";
  return unexpected(Errors{{ErrorCode::not_supported, "runtime " + runtime + " is not supported yet", where, {}, "use native, compose or kubernetes"}});
}

/// Whether anything of a foundation runs: its agent answers, or the engine has containers of it.
bool runs(const KnownFoundation& foundation) {
  RealMachine machine;
  const auto applied = read_applied(machine.files, foundation.state_dir);
  if (applied && applied->runtime == "kubernetes") return true;  // a cluster is not asked for every foundation there is
  if (!applied || applied->runtime != "compose") return native::AgentClient(foundation.state_dir + "/agent/agent.sock").hello().has_value();
  const auto docker = compose::Docker::find(machine.files, machine.commands);
  if (!docker) return false;
  const auto engine = (*docker)->engine();
  if (!engine || (!applied->stands_on.id.empty() && engine->id != applied->stands_on.id)) return false;
  const auto containers = (*docker)->containers(foundation.name);
  return containers && !containers->empty();
}

/// The state directory a request about something that stands means: the one it names, else the only foundation there is,
/// else the only one that runs.
Result<std::string> state_dir_of(const Request& request) {
  if (!request.state_dir.empty()) return request.state_dir;
  KEELSON_TRY(std::vector<KnownFoundation> known, known_foundations());
  if (known.empty()) return fail_as(ErrorCode::not_running, "there is no foundation yet", base_dir(), {}, "bring one up: keelson up -f FILE");
  std::string names;
  for (const KnownFoundation& candidate : known) {
    if (candidate.name == request.foundation) return candidate.state_dir;
    names += (names.empty() ? "" : ", ") + candidate.name;
  }
  if (!request.foundation.empty()) return fail_as(ErrorCode::usage, "no foundation of that name", request.foundation, {}, "those known here: " + names);
  if (known.size() > 1) std::erase_if(known, [](const KnownFoundation& candidate) { return !runs(candidate); });
  if (known.size() != 1) return fail_as(ErrorCode::usage, "several foundations are known here", {}, names, "say which: --foundation NAME or --state-dir DIR");
  return known.front().state_dir;
}

}  // namespace

Checked<std::unique_ptr<Pipeline>> Pipeline::open(const Request& request) {
  // Without a file, what was applied is what should be: `keelson up` after `keelson down` needs no -f.
  if (request.files.empty() && !request.foundation.empty()) return open_applied(request);
  RealFiles files;
  auto sources = read_sources(files, request);
  if (sources) return open_with(request, {std::move(*sources), request.profile}, From::user);
  if (!request.files.empty()) return unexpected(Errors{sources.error()});
  auto applied = open_applied(request);
  const bool nothing_stands = !applied && applied.error().front().code == ErrorCode::not_running;
  return nothing_stands ? unexpected(Errors{sources.error()}) : std::move(applied);
}

Checked<std::unique_ptr<Pipeline>> Pipeline::open_applied(const Request& request) {
  RealFiles files;
  Request located = request;
  if (!request.files.empty() && request.state_dir.empty()) {
    auto named = open(request);
    if (!named) return named;
    located.state_dir = (*named)->state_dir();
  } else {
    auto state_dir = state_dir_of(request);
    if (!state_dir) return unexpected(Errors{state_dir.error()});
    located.state_dir = *state_dir;
  }
  auto applied = read_applied(files, located.state_dir);
  if (!applied) return unexpected(Errors{applied.error()});
  if (!request.profile.empty()) applied->profile = request.profile;
  return open_with(located, std::move(*applied), From::state);
}

Result<std::vector<KnownFoundation>> known_foundations() {
  RealMachine machine;
  KEELSON_TRY(const std::vector<state::KnownName> names, read_names(machine));
  std::vector<KnownFoundation> out;
  for (const state::KnownName& one : names) out.push_back({one.foundation, one.state_dir, one.block});
  return out;
}

}  // namespace keelson
