#include "runtime/compose/compose_runtime.h"

#include <poll.h>

#include <optional>

#include "runtime/compose/folder.h"
#include "runtime/container_image.h"
#include "runtime/step_subject.h"
#include "security/own_certificates.h"
#include "state/schema.h"
#include "state/written_files.h"
#include "system/digest.h"
#include "system/monotonic.h"

// The doing half; compose_observe.cpp looks.
namespace keelson::compose {
namespace {

constexpr int kStartMs = 300'000;   // `docker compose up` of many services on a slow disk
constexpr int kStopMs = 300'000;
constexpr int kReadyMs = 180'000;   // as natively
constexpr int kAskAgainMs = 50;
constexpr int kLookAgainMs = 2'000;
constexpr int kHopelessRestarts = 3;

}  // namespace

ComposeRuntime::ComposeRuntime(Machine machine, Site site, const Foundation& foundation, AskProbe ask)
    : machine_(machine), site_(std::move(site)), foundation_(foundation), ask_(std::move(ask)), artifacts_(machine.files, machine.commands, site_.artifact_dir), programs_(foundation, artifacts_),
      images_(machine.files, machine.commands, artifacts_, site_.image_dir), starts_([this](const std::vector<std::string>& services) {
        std::vector<std::string> words{"up", "--detach", "--no-deps"};
        words.insert(words.end(), services.begin(), services.end());
        return docker_->compose(site_.directory(), site_.foundation, words, kStartMs);
      }) {}

Result<std::unique_ptr<ComposeRuntime>> ComposeRuntime::make(Machine machine, Site site, const Foundation& foundation, AskProbe ask) {
  std::unique_ptr<ComposeRuntime> runtime(new ComposeRuntime(machine, std::move(site), foundation, std::move(ask)));
  runtime->key_ = std::make_unique<KeyFile>(runtime->site_.key_file, machine.random);
  KEELSON_TRY(runtime->secrets_, SecretStore::open(machine.files, machine.random, *runtime->key_, runtime->site_.state_dir + "/secrets.enc"));
  KEELSON_TRY(runtime->docker_, Docker::find(machine.files, machine.commands));
  runtime->engine_ = runtime->site_.engine;
  const Site& at = runtime->site_;
  runtime->world_ = std::make_unique<ComposeWorld>(at.state_dir, at.directory(), at.foundation, *runtime->secrets_, *runtime->docker_, without_keelson(foundation));
  return runtime;
}

Result<void> ComposeRuntime::open_authority() {
  if (authority_) return {};
  KEELSON_TRY(Authority opened, Authority::open_or_create(machine_.files, machine_.clock, *secrets_, site_.state_dir + "/ca", site_.foundation));
  authority_ = std::make_unique<Authority>(std::move(opened));
  return {};
}

/// The whole folder at once, by whichever step comes first: files of one instance are not much less work than those of all.
Result<void> ComposeRuntime::write_all() {
  const std::lock_guard guard(mutex_);
  if (written_) return {};
  KEELSON_CHECK(secrets_->ensure_all(foundation_.secrets, machine_.random));  // of all, because the files are
  KEELSON_CHECK(open_authority());
  KEELSON_CHECK(OwnCertificates(site_.state_dir).ensure(machine_.files, machine_.clock, *authority_));
  const auto wanted = folder();
  if (!wanted) return unexpected(wanted.error().front());
  KEELSON_TRY(const auto database, state::open_state(site_.state_dir, machine_.clock, state::Durability::normal));
  state::WrittenFiles written(*database);
  FolderMachine machine = folder_machine();
  machine.note = [&](const std::string& path, std::string_view content) { return written.put(std::string(kWrittenBy), path, sha256_hex(content)); };
  KEELSON_CHECK(write_folder(content_of(*wanted), site_.users, owning(), site_.directory(), machine));
  written_ = true;
  return {};
}

Result<void> ComposeRuntime::make_image(const std::string& artifact, const Progress& progress) {
  for (const Artifact* candidate : artifacts_for_images(foundation_)) {
    if (candidate->id != artifact) continue;
    KEELSON_TRY(std::optional<BuiltImage> image, images_.built_with(*candidate, site_.program));
    if (!image) {
      KEELSON_TRY(image, images_.build(*candidate, site_.program, progress));
    }
    progress("the engine to take " + image->name);
    return docker_->load_image(image->archive, image->name);
  }
  return fail("no kind declares this artifact", artifact);
}

/// A container whose files or settings changed is made anew by Compose itself; one that is to be restarted for another reason, here. One that is paused goes
/// on first: Compose cannot start it, and would fail all that are started with it.
Result<void> ComposeRuntime::start(const PlacedInstance& placed, Action how, const Progress& progress) {
  const std::string& name = placed.instance->name;
  KEELSON_CHECK(write_all());
  progress("its container");
  if (how == Action::restart) {
    KEELSON_CHECK(remove(name));
  } else if (const auto paused = paused_.find(name); paused != paused_.end()) {
    KEELSON_CHECK(docker_->unpause(paused->second));
  }
  KEELSON_CHECK(starts_.start(name));
  return wait_until_ready(*placed.instance, progress);
}

Result<void> ComposeRuntime::ask_now(const Instance& instance) {
  if (instance.ready.protocol != ProbeProtocol::process) return ask_(instance);
  KEELSON_TRY(const auto containers, docker_->containers(site_.foundation));
  const auto found = containers.find(instance.name);
  if (found == containers.end()) return fail("its container is not there yet");
  return ask(instance, found->second);
}

Result<void> ComposeRuntime::wait_until_ready(const Instance& instance, const Progress& progress) {
  const std::int64_t began = monotonic_ms();
  std::int64_t looked = began;
  std::optional<Container> first;
  std::string told;
  for (std::int64_t now = began; now < began + kReadyMs; now = monotonic_ms()) {
    const auto ready = ask_now(instance);
    if (ready) return {};
    const std::string detail = describe(Error{.what = ready.error().what, .why = ready.error().why});
    if (detail != told) progress(told = detail);
    if (now >= looked + kLookAgainMs) {
      KEELSON_TRY(const auto containers, docker_->containers(site_.foundation));
      const auto found = containers.find(instance.name);
      if (found == containers.end()) return fail_as(ErrorCode::not_healthy, "its container is gone", instance.name, "somebody removed it", "keelson up");
      const bool ended = found->second.state == "exited" || found->second.state == "dead";
      if (!first || first->id != found->second.id) first = found->second;
      if (ended || found->second.restarts - first->restarts >= kHopelessRestarts) return give_up_on(instance, found->second, detail);
      looked = now;
    }
    ::poll(nullptr, 0, kAskAgainMs);
  }
  return fail_as(ErrorCode::not_healthy, "is not ready after " + std::to_string(kReadyMs / 1000) + " s", instance.name, told, "docker compose logs " + instance.name);
}

Result<void> ComposeRuntime::give_up_on(const Instance& instance, const Container& container, const std::string& detail) {
  std::string why = detail + "; it ended with " + std::to_string(container.exit_code) + ", restarted " + std::to_string(container.restarts) + " times";
  if (auto last = docker_->last_lines(container.id, 1); last && !last->empty()) why += "; the last line of its log: " + last->substr(0, last->find('\n'));
  return fail_as(ErrorCode::not_healthy, "does not stay up", instance.name, why, "keelson logs " + instance.name);
}

Result<void> ComposeRuntime::remove(const std::string& service) {
  KEELSON_TRY(const auto containers, docker_->containers(site_.foundation));
  const auto found = containers.find(service);
  if (found == containers.end()) return {};
  if (found->second.state == "paused") KEELSON_CHECK(docker_->unpause(found->second.id));
  return docker_->stop_and_remove(found->second.id);
}

Result<void> ComposeRuntime::execute(const Foundation& foundation, const Step& step, const Progress& progress) {
  const Component* component = find_component(foundation, step.component);
  switch (step.action) {
    case Action::secret: KEELSON_CHECK(secrets_->ensure_all(secrets_of(foundation, step), machine_.random)); return {};
    case Action::fetch: return make_image(step.subject, progress);
    case Action::configure: case Action::render: return write_all();
    case Action::remove: return remove(step.subject);
    case Action::provision: return component->kind->verbs.provision(*world_, foundation, *component);
    case Action::start: case Action::restart: {
      KEELSON_TRY(const PlacedInstance found, instance_of(foundation, step));
      return start(found, step.action, progress);
    }
    case Action::set: {
      KEELSON_TRY(const PlacedInstance found, instance_of(foundation, step));
      KEELSON_CHECK(write_all());
      return component->kind->verbs.set_live(*world_, foundation, *component, *found.member, step.live);
    }
    // `observe` says that there is a supervisor, that names are current, that networks are the policy, and that nothing reloads.
    case Action::supervise: case Action::names: case Action::network: case Action::reload: break;
  }
  return fail("there is nothing to do on Compose for " + step.id);
}

/// `docker compose down` knows only what the folder names now.
Result<void> ComposeRuntime::remove_leftovers(Docker::Kept what) {
  KEELSON_TRY(const auto kept, docker_->kept(site_.foundation, what));
  std::vector<std::string> names;
  for (const auto& [name, owner] : kept) names.push_back(name);
  return docker_->remove_kept(names, what);
}

Result<void> ComposeRuntime::down(const Foundation*, const Progress& progress) {
  KEELSON_TRY(const Project project, ours());
  KEELSON_TRY(const auto there, machine_.files.info(site_.directory() + "/compose.yaml"));
  if (!there && !project.containers.empty()) KEELSON_CHECK(write_all());
  progress("every container to end");
  if (there || !project.containers.empty()) KEELSON_CHECK(docker_->compose(site_.directory(), site_.foundation, {"down", "--remove-orphans"}, kStopMs));
  return remove_leftovers(Docker::Kept::network);
}

Result<void> ComposeRuntime::remove_data(const Progress& progress) {
  KEELSON_CHECK(down(&foundation_, progress));
  progress("volumes to be removed");
  return remove_leftovers(Docker::Kept::volume);
}

}  // namespace keelson::compose
