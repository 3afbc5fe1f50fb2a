#include "pipeline/render.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "components/catalog.h"
#include "model/resolve.h"
#include "pipeline/locate.h"
#include "runtime/compose/book_file.h"
#include "runtime/compose/folder_writer.h"
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

/// The block the foundation has, or gets now: what was wished for, or one by its name. Writes it into the book.
Checked<Ipv4Range> block_of(const std::string& wished, const std::string& foundation, compose::Book& book) {
  const auto wished_range = parse_ipv4_network(wished);
  if (!wished.empty() && !wished_range) return unexpected(Errors{{ErrorCode::usage, "'" + wished + "' is not a network", "--subnet", {}, "write it like 10.88.0.0/20"}});
  if (!book.block.empty() && !wished.empty() && wished != book.block)
    return unexpected(Errors{{ErrorCode::preflight_refused, "the addresses of " + foundation + " are " + book.block, "--subnet", "its Sentinels keep them in their own state",
                              "leave --subnet out, or begin anew with another --state-dir"}});
  if (book.block.empty()) book.block = wished.empty() ? compose::default_block(foundation) : wished;
  const auto range = parse_ipv4_network(book.block);
  if (!range) return unexpected(Errors{{ErrorCode::failed, "the book of addresses is damaged", "compose.json", "block " + book.block}});
  return *range;
}

/// The foundation as Compose would have it, with the book of its numbers.
struct Placed {
  Foundation foundation;
  compose::Book book;
  Ipv4Range block;
};

Checked<Placed> place(const Blueprint& blueprint, compose::Book book, const Ipv4Range& block) {
  const compose::ComposeLayout layout;
  AddressBook unused;
  const auto addressing = [&](Foundation& foundation) {
    compose::number(foundation, book);
    return compose::give_addresses(foundation, book, block);
  };
  auto foundation = resolve({blueprint, catalog(), layout, {}, {}, addressing}, unused);
  if (!foundation) return unexpected(std::move(foundation).error());
  return Placed{std::move(*foundation), std::move(book), block};
}

compose::Users users_of(const compose::Book& book) {
  compose::Users users{.uid = static_cast<int>(::geteuid()), .gid = static_cast<int>(::getegid())};
  if (users.uid != 0) return users;
  for (const auto& [component, number] : book.users) users.by_component[component] = compose::Users::kFirst + number;
  return users;
}

/// Opens what holds the secrets, and writes the folder.
Result<std::vector<std::string>> write(const Placed& placed, const compose::Folder& folder, const compose::Users& users, const std::string& state_dir,
                                       const RenderRequest& request, const std::string& directory) {
  RealFiles real_files;
  RealRandom random;
  RealClock clock;
  Files& files = real_files;
  const Foundation& foundation = placed.foundation;
  KEELSON_CHECK(compose::check_target(files, directory, foundation.name));
  KEELSON_CHECK(files.make_directory(base_dir(), 0711));
  KEELSON_CHECK(files.make_directory(state_dir, 0711));
  KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir, request.request.command));
  KEELSON_CHECK(compose::write_book(files, state_dir, placed.book));
  KeyFile key(key_file(foundation.name, state_dir), random);
  KEELSON_TRY(const auto secrets, SecretStore::open(files, random, key, state_dir + "/secrets.enc"));
  KEELSON_CHECK(secrets->ensure_all(foundation.secrets, random));
  KEELSON_TRY(const Authority authority, Authority::open_or_create(files, clock, *secrets, state_dir + "/ca", foundation.name));
  const auto owning = users.by_component.empty() ? compose::Owning::renderer : compose::Owning::components;
  KEELSON_TRY(std::vector<std::string> changed, compose::write_folder(folder, users, owning, directory, {files, *secrets, authority, clock}));
  const std::string access = access_text(foundation, Resolvable::none, directory + "/trust/services.crt", "Passwords are in files: " + directory + "/" + std::string(compose::kClientSecrets) + "/NAME");
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
  compose::Book book;
  KEELSON_TRY(const Ipv4Range block, block_of({}, blueprint.foundation, book));
  KEELSON_TRY(const Placed placed, place(blueprint, std::move(book), block));
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
  KEELSON_CHECK(refuse_runtime(request.runtime.empty() ? blueprint.runtime : request.runtime));
  const std::string state_dir = request.request.state_dir.empty() ? base_dir() + "/" + blueprint.foundation : request.request.state_dir;
  auto book = compose::read_book(files, state_dir);
  if (!book) return unexpected(Errors{book.error()});
  KEELSON_TRY(const Ipv4Range block, block_of(request.subnet, blueprint.foundation, *book));

  KEELSON_TRY(const Placed placed, place(blueprint, std::move(*book), block));
  const compose::Users users = users_of(placed.book);
  const auto networks = compose::networks_of(placed.foundation, placed.book, block);
  KEELSON_TRY(const compose::Folder folder, compose::folder_of({placed.foundation, networks, users}));
  const std::string directory = (std::filesystem::path(request.request.directory) / request.out).lexically_normal().string();
  auto changed = write(placed, folder, users, state_dir, request, directory);
  if (!changed) return unexpected(Errors{changed.error()});
  return RenderReport{directory, std::move(*changed), folder.notes};
}

}  // namespace keelson
