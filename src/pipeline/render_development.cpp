#include "pipeline/render_development.h"

#include <unistd.h>

#include "artifact/image.h"
#include "pipeline/render_state.h"
#include "runtime/compose/development.h"
#include "runtime/compose/folder.h"
#include "runtime/container_layout.h"

namespace keelson {
namespace {

/// What the folder would not show.
Errors unsupported(const Blueprint& blueprint) {
  Errors out;
  const auto refuse = [&](const char* what, const SourceMark& mark, const char* why) {
    out.push_back({ErrorCode::not_supported, std::string(what) + " is not supported in layout " + std::string(kDevelopmentLayout), mark.text(), why, "leave it out"});
  };
  if (!blueprint.images.empty()) refuse("images", blueprint.images.front().mark, "its services run in keelson's images");
  if (!blueprint.published.empty()) refuse("publish", blueprint.published.front().mark, "its ports are the handbook's");
  return out;
}

Checked<std::vector<compose::Developed>> develop(const Blueprint& blueprint) {
  const ContainerLayout layout;
  std::vector<compose::Developed> out;
  Errors problems = unsupported(blueprint);
  for (const BlueprintComponent& component : blueprint.components) {
    if (component.kind->verbs.develop == nullptr) {
      problems.push_back({ErrorCode::not_supported, "components." + component.name + " has no form for development", component.mark.text(), {}, "leave it out"});
      continue;
    }
    auto made = component.kind->verbs.develop({component.name, component.settings, layout});
    if (made) out.push_back({component.name, component.kind, std::move(*made)});
    else problems.push_back(made.error());
  }
  if (!problems.empty()) return unexpected(std::move(problems));
  return out;
}

/// Nobody else's files are read by whom root cannot be in a container.
ContainerUsers users_here() {
  const int uid = static_cast<int>(::geteuid()), gid = static_cast<int>(::getegid());
  return uid == 0 ? ContainerUsers{.uid = ContainerUsers::kFirst, .gid = ContainerUsers::kFirst} : ContainerUsers{.uid = uid, .gid = gid};
}

Result<std::vector<std::string>> write(const std::string& name, const std::vector<compose::Developed>& components, const RenderRequest& request, const std::string& state_dir,
                                       const std::string& directory) {
  RealFiles files;
  KEELSON_CHECK(check_target(files, directory, name, std::string(compose::kDevelopmentFile), compose::mark_of(name)));
  Foundation owner{.name = name};
  for (const compose::Developed& component : components)
    owner.secrets.insert(owner.secrets.end(), component.development.secrets.begin(), component.development.secrets.end());
  KEELSON_TRY(const auto state, RenderState::open(owner, state_dir, request.request.command));
  KEELSON_TRY(const std::string build, build_of(files, request.request.program));
  const ContainerUsers users = users_here();
  KEELSON_TRY(std::vector<std::string> changed,
              write_folder(compose::development_folder({name, components, users, build}), users, Owning::renderer, directory, state->machine()));
  KEELSON_CHECK(state->finish(changed));
  return changed;
}

}  // namespace

Checked<RenderReport> render_development(const RenderRequest& request, const Blueprint& blueprint, const std::string& state_dir, const std::string& directory) {
  KEELSON_TRY(const auto components, develop(blueprint));
  auto changed = write(blueprint.foundation, components, request, state_dir, directory);
  if (!changed) return unexpected(Errors{changed.error()});
  return RenderReport{directory, std::move(*changed), {"for development only: no TLS, no failover, and who is inside a container or in its network is trusted"}};
}

}  // namespace keelson
