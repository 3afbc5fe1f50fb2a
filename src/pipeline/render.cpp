#include "pipeline/render.h"

#include <algorithm>
#include <filesystem>

#include "artifact/image.h"
#include "components/catalog.h"
#include "pipeline/compose_place.h"
#include "pipeline/locate.h"
#include "runtime/compose/book_file.h"
#include "runtime/compose/folder.h"
#include "runtime/folder_writer.h"
#include "runtime/compose/refusals.h"
#include "runtime/native/host_users.h"
#include "security/key_source.h"
#include "state/audit_chain.h"
#include "state/lock.h"
#include "state/schema.h"

namespace keelson {
namespace {

Checked<void> refuse_runtime(const std::string& runtime) {
  if (runtime == "compose") return {};
  if (runtime == "native") return unexpected(Errors{{ErrorCode::usage, "there is nothing to render for the native runtime", {}, "keelson itself runs it", "say which: --runtime compose"}});
  return unexpected(Errors{{ErrorCode::not_supported, "rendering for " + runtime + " is not supported yet", {}, {}, "--runtime compose is what there is"}});
}

/// Opens what holds the secrets, and writes the folder.
Result<std::vector<std::string>> write(const ComposePlace& placed, const compose::Folder& folder, const std::string& state_dir, const RenderRequest& request,
                                       const std::string& directory) {
  RealFiles real_files;
  RealRandom random;
  RealClock clock;
  Files& files = real_files;
  const Foundation& foundation = placed.foundation;
  KEELSON_CHECK(check_target(files, directory, foundation.name, std::string(compose::kComposeFile), compose::mark_of(foundation.name)));
  KEELSON_CHECK(files.make_directory(base_dir(), 0711));
  KEELSON_CHECK(files.make_directory(state_dir, 0711));
  KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir, request.request.command));
  KEELSON_CHECK(compose::write_book(files, state_dir, placed.book));
  KeyFile key(key_file(foundation.name, state_dir), random);
  KEELSON_TRY(const auto secrets, SecretStore::open(files, random, key, state_dir + "/secrets.enc"));
  KEELSON_CHECK(secrets->ensure_all(foundation.secrets, random));
  KEELSON_TRY(const Authority authority, Authority::open_or_create(files, clock, *secrets, state_dir + "/ca", foundation.name));
  const ContainerUsers& users = placed.users;
  const auto owning = users.by_component.empty() ? Owning::renderer : Owning::components;
  KEELSON_TRY(std::vector<std::string> changed, write_folder(compose::content_of(folder), users, owning, directory, {files, *secrets, authority, clock}));
  const std::string access = access_text(foundation, Resolvable::none, directory + "/trust/services.crt", "Passwords are in files: " + directory + "/" + std::string(kClientSecrets) + "/NAME");
  const auto standing = files.read(directory + "/access-info.txt");
  if (!standing || *standing != access) {
    KEELSON_CHECK(files.write(directory + "/access-info.txt", access, 0644));
    changed.push_back("access-info.txt");
  }
  if (changed.empty()) return changed;
  KEELSON_TRY(const auto database, state::open_state(state_dir, clock));
  KEELSON_CHECK(state::AuditChain(*database, clock).append(native::invoking_user(), request.request.command, "done"));
  return changed;
}

Checked<Blueprint> load(Files& files, const Request& request) {
  const auto sources = read_sources(files, request);
  if (!sources) return unexpected(Errors{sources.error()});
  return load_blueprint(*sources, request.profile, catalog());
}

}  // namespace

Checked<std::vector<const Artifact*>> artifacts_of_render(const RenderRequest& request) {
  RealFiles files;
  KEELSON_TRY(const Blueprint blueprint, load(files, request.request));
  KEELSON_TRY(const ComposePlace placed, place_on_compose(blueprint, {}, {}));
  if (Errors refused = compose::refusals(placed.foundation); !refused.empty()) return unexpected(std::move(refused));
  std::vector<const Artifact*> out;
  for (const Component& component : placed.foundation.components)
    for (const Artifact& artifact : component.kind->artifacts)
      if (std::none_of(out.begin(), out.end(), [&](const Artifact* known) { return known->id == artifact.id; })) out.push_back(&artifact);
  return out;
}

Checked<RenderReport> render(const RenderRequest& request) {
  RealFiles files;
  KEELSON_TRY(const Blueprint blueprint, load(files, request.request));
  KEELSON_CHECK(refuse_runtime(request.request.runtime.empty() ? blueprint.runtime : request.request.runtime));
  const std::string state_dir = request.request.state_dir.empty() ? base_dir() + "/" + blueprint.foundation : request.request.state_dir;
  auto book = compose::read_book(files, state_dir);
  if (!book) return unexpected(Errors{book.error()});
  KEELSON_TRY(const ComposePlace placed, place_on_compose(blueprint, std::move(*book), request.request.subnet));
  const auto networks = compose::networks_of(placed.foundation, placed.book, placed.block);
  const auto build = build_of(files, request.request.program);
  if (!build) return unexpected(Errors{build.error()});
  KEELSON_TRY(const compose::Folder folder, compose::folder_of({placed.foundation, networks, placed.users, *build}));
  const std::string directory = (std::filesystem::path(request.request.directory) / request.out).lexically_normal().string();
  auto changed = write(placed, folder, state_dir, request, directory);
  if (!changed) return unexpected(Errors{changed.error()});
  return RenderReport{directory, std::move(*changed), folder.notes};
}

}  // namespace keelson
