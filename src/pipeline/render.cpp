#include "pipeline/render.h"

#include <filesystem>

#include "artifact/image.h"
#include "components/catalog.h"
#include "pipeline/compose_place.h"
#include "pipeline/kubernetes_place.h"
#include "pipeline/locate.h"
#include "pipeline/render_development.h"
#include "pipeline/render_kubernetes.h"
#include "pipeline/render_state.h"
#include "runtime/compose/book_file.h"
#include "runtime/compose/folder.h"
#include "runtime/compose/refusals.h"
#include "runtime/container_image.h"
#include "runtime/folder_writer.h"
#include "runtime/kubernetes/manifests.h"

namespace keelson {
namespace {

Checked<void> refuse_runtime(const std::string& runtime) {
  if (runtime != "native") return {};
  return unexpected(Errors{{ErrorCode::usage, "there is nothing to render for the native runtime", {}, "keelson itself runs it", "say which: --runtime compose or kubernetes"}});
}

Result<std::vector<std::string>> write(const ComposePlace& placed, const compose::Folder& folder, const std::string& state_dir, const RenderRequest& request,
                                       const std::string& directory) {
  const Foundation& foundation = placed.foundation;
  RealFiles files;
  KEELSON_CHECK(check_target(files, directory, foundation.name, std::string(compose::kComposeFile), compose::mark_of(foundation.name)));
  KEELSON_TRY(const auto state, RenderState::open(foundation, state_dir, request.request.command));
  KEELSON_CHECK(compose::write_book(files, state_dir, placed.book));
  const auto owning = placed.users.by_component.empty() ? Owning::renderer : Owning::components;
  KEELSON_TRY(std::vector<std::string> changed, write_folder(compose::content_of(folder), placed.users, owning, directory, state->machine()));
  KEELSON_CHECK(state->write_access(foundation, directory, changed));
  KEELSON_CHECK(state->finish(changed));
  return changed;
}

Checked<Blueprint> load(Files& files, const Request& request) {
  const auto sources = read_sources(files, request);
  if (!sources) return unexpected(Errors{sources.error()});
  return load_blueprint(*sources, request.profile, catalog());
}

const std::string& runtime_of(const Request& request, const Blueprint& blueprint) { return request.runtime.empty() ? blueprint.runtime : request.runtime; }

/// Natively there are no images; what is asked for then is Compose's.
Checked<Foundation> placed_in_containers(const Request& request, const Blueprint& blueprint) {
  if (runtime_of(request, blueprint) == "kubernetes") {
    KEELSON_TRY(Foundation foundation, place_on_kubernetes(blueprint, {kubernetes::namespace_of(blueprint.foundation, request.namespace_prefix)}));
    if (Errors refused = kubernetes::unsupported(foundation); !refused.empty()) return unexpected(std::move(refused));
    return foundation;
  }
  KEELSON_TRY(ComposePlace placed, place_on_compose(blueprint, {}, {}));
  if (Errors refused = compose::refusals(placed.foundation); !refused.empty()) return unexpected(std::move(refused));
  return std::move(placed.foundation);
}

}  // namespace

Checked<std::vector<const Artifact*>> artifacts_of_render(const RenderRequest& request) {
  RealFiles files;
  KEELSON_TRY(const Blueprint blueprint, load(files, request.request));
  KEELSON_TRY(const Foundation foundation, placed_in_containers(request.request, blueprint));
  return artifacts_for_images(foundation);
}

Checked<RenderReport> render(const RenderRequest& request) {
  RealFiles files;
  KEELSON_TRY(const Blueprint blueprint, load(files, request.request));
  KEELSON_CHECK(refuse_runtime(runtime_of(request.request, blueprint)));
  const std::string state_dir = request.request.state_dir.empty() ? base_dir() + "/" + blueprint.foundation : request.request.state_dir;
  const std::string directory = (std::filesystem::path(request.request.directory) / request.out).lexically_normal().string();
  if (runtime_of(request.request, blueprint) == "kubernetes") return render_kubernetes(request, blueprint, state_dir, directory);
  if (request.layout == kDevelopmentLayout) return render_development(request, blueprint, state_dir, directory);
  if (!request.layout.empty())
    return unexpected(Errors{{ErrorCode::usage, "there is no layout '" + request.layout + "' for Compose", "--layout", {}, std::string(kDevelopmentLayout) + ", or leave it out"}});
  auto book = compose::read_book(files, state_dir);
  if (!book) return unexpected(Errors{book.error()});
  KEELSON_TRY(const ComposePlace placed, place_on_compose(blueprint, std::move(*book), request.request.subnet));
  const auto networks = compose::networks_of(placed.foundation, placed.book, placed.block);
  const auto build = build_of(files, request.request.program);
  if (!build) return unexpected(Errors{build.error()});
  KEELSON_TRY(const compose::Folder folder, compose::folder_of({placed.foundation, networks, placed.users, *build}));
  auto changed = write(placed, folder, state_dir, request, directory);
  if (!changed) return unexpected(Errors{changed.error()});
  return RenderReport{directory, std::move(*changed), folder.notes};
}

}  // namespace keelson
