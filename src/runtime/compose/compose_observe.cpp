// The looking half of the Compose runtime: nothing in this file changes anything.
#include <algorithm>
#include <utility>

#include "async/in_parallel.h"
#include "runtime/askable.h"
#include "runtime/compose/compose_runtime.h"
#include "runtime/compose/folder.h"
#include "runtime/compose/refusals.h"
#include "runtime/container_image.h"
#include "state/schema.h"
#include "state/written_files.h"
#include "system/digest.h"

namespace keelson::compose {
namespace {

constexpr int kToldLines = 10'000;  ///< of each container's log

std::string what_ended_it(const Container& container) {
  return "ended with " + std::to_string(container.exit_code) + ", started again " + std::to_string(container.restarts) + " times";
}

/// The halves of Service::digest.
std::string settings_of(const std::string& digest) { return digest.substr(0, digest.find('.')); }

std::string files_of(const std::string& digest) { return digest.substr(std::min(digest.find('.'), digest.size())); }

}  // namespace

std::string Site::owner() const { return sha256_hex(state_dir).substr(0, 16); }

Checked<Folder> ComposeRuntime::folder() const {
  auto out = folder_of({foundation_, networks_of(foundation_, site_.book, site_.block), site_.users, site_.build});
  if (out) out->compose.owner = site_.owner();
  return out;
}

Result<void> ComposeRuntime::must_be_ours(const Project& project) const {
  const auto refuse = [&](const std::string& what, const std::string& name) {
    return fail_as(ErrorCode::preflight_refused, "the engine has " + what + " of another project of this name", name, "Compose knows projects by their name alone, here " + site_.foundation,
                   "give the foundation another name, or remove that project: docker compose ls");
  };
  for (const auto& [service, container] : project.containers)
    if (container.owner != site_.owner()) return refuse("a container", service);
  for (const auto& [kept, word] : {std::pair{&project.volumes, "a volume"}, std::pair{&project.networks, "a network"}})
    for (const auto& [name, owner] : *kept)
      if (owner != site_.owner()) return refuse(word, name);
  return {};
}

Result<void> ComposeRuntime::must_answer() {
  if (site_.engine.id.empty()) return {};
  KEELSON_TRY(Engine answering, docker_->engine());
  if (answering.id == site_.engine.id) return {};
  KEELSON_TRY(answering, docker_->engine_and_place());
  return must_be_the_same(site_.engine, answering, site_.state_dir);
}

/// An engine that is recorded was found fit before.
Result<void> ComposeRuntime::find_engine() {
  if (!site_.engine.id.empty()) return must_answer();
  KEELSON_TRY(engine_, docker_->engine_and_place());
  return must_be_here(engine_, this_machine());
}

Result<Project> ComposeRuntime::ours() {
  Result<void> engine;
  Result<Project> project;
  in_parallel(2, [&](std::size_t job) {
    if (job == 0) engine = find_engine();
    else project = docker_->project(site_.foundation);
  });
  KEELSON_CHECK(engine);  // first: what another engine has says nothing
  if (project) KEELSON_CHECK(must_be_ours(*project));
  return project;
}

Result<void> ComposeRuntime::must_be_free(const Project& project) {
  std::vector<Ipv4Range> wanted;
  for (const Network& network : networks_of(foundation_, site_.book, site_.block))
    if (!project.networks.contains(site_.foundation + "_" + network.name)) wanted.push_back(*parse_ipv4_network(network.subnet));
  if (wanted.empty()) return {};
  if (project.networks.empty()) wanted = {site_.block};  // all of it: it shall grow there
  KEELSON_TRY(std::vector<Taken> taken, docker_->taken_addresses());
  KEELSON_TRY(const std::string routes, machine_.files.read("/proc/net/route"));
  for (Taken& route : taken_by_routes(routes)) taken.push_back(std::move(route));
  const bool movable = project.networks.empty() && project.volumes.empty();
  for (const Ipv4Range& range : wanted)
    if (const Taken* taker = taker_of(range, taken))
      return fail_as(ErrorCode::preflight_refused, "its addresses are taken: " + taker->by, ipv4_text(range.first) + " to " + ipv4_text(range.last),
                     movable ? "the networks of " + site_.foundation + " would be there, too" : "its own cannot move: engines keep them in their volumes",
                     movable ? "choose others: --subnet " + free_block(taken) : "remove what has them");
  return {};
}

Errors ComposeRuntime::preflight(const Foundation& foundation) {
  if (Errors refused = refusals(foundation); !refused.empty()) return refused;
  if (const auto words = docker_->compose_words(site_.directory(), site_.foundation); !words) return {words.error()};
  auto found = ours();
  if (!found) return {found.error()};
  if (const auto free = must_be_free(*found); !free) return {free.error()};
  just_seen_ = std::move(found->containers);
  return {};
}

Result<ObservedNetwork> ComposeRuntime::network(const Foundation&) { return ObservedNetwork{}; }

/// The image each instance should run: its id, by image name. Left out: what has to be made, loaded or pulled first.
Result<ComposeRuntime::ImageIds> ComposeRuntime::wanted_images() {
  std::map<std::string, const Artifact*> wanted;
  for (const PlacedInstance& placed : instances_of(foundation_))
    if (const auto image = image_of(*placed.component, *placed.instance, site_.build)) wanted[image->name] = image->artifact;
  std::vector<std::string> names;
  for (const auto& [name, artifact] : wanted)
    if (artifact != nullptr) names.push_back(name);
  KEELSON_TRY(ImageIds loaded, docker_->image_ids(names));
  for (const auto& [name, artifact] : wanted) {
    if (artifact == nullptr) {
      KEELSON_TRY(loaded[name], docker_->image_id(name));
      continue;
    }
    KEELSON_TRY(const auto current, images_.built_with(*artifact, site_.program));
    // One that was loaded from elsewhere is good: nothing here says what it should be.
    if (current && loaded[name] != current->id) loaded.erase(name);
  }
  std::erase_if(loaded, [](const auto& entry) { return entry.second.empty(); });
  return loaded;
}

/// What the blueprint's `images` names is the engine's to pull: no artifact is missing for it.
void ComposeRuntime::observe_images(const ImageIds& images, Observed& observed) const {
  std::set<std::string> missing;
  for (const Artifact* artifact : artifacts_for_images(foundation_))
    if (!images.contains(image_name(*artifact, site_.build))) missing.emplace(artifact->id);
  for (const PlacedInstance& placed : instances_of(foundation_))
    if (!missing.contains(placed.instance->artifact)) observed.artifacts.insert(placed.instance->artifact);
}

Result<void> ComposeRuntime::observe_files(const Folder& wanted, Observed& observed) {
  KEELSON_TRY(const std::vector<std::string> names, secrets_->names());
  observed.secrets.insert(names.begin(), names.end());
  for (const PlacedInstance& placed : instances_of(foundation_)) observed.instances[placed.instance->name];
  KEELSON_TRY(const bool authority, secrets_->has_sealed("ca/services/issuing.crt"));
  KEELSON_TRY(const auto there, machine_.files.info(site_.directory()));
  if (!authority || !there) {
    observed.shared.push_back({"compose.yaml", DiskState::missing});
    return {};
  }
  KEELSON_CHECK(open_authority());
  KEELSON_TRY(const auto database, state::open_state(site_.state_dir, machine_.clock, state::Durability::normal));
  KEELSON_TRY(const auto written, state::WrittenFiles(*database).all(std::string(kWrittenBy)));
  KEELSON_TRY(const std::vector<FolderDifference> differences, compare_folder(content_of(wanted), site_.users, owning(), site_.directory(), written, folder_machine()));
  for (auto& [name, instance] : observed.instances) instance.prepared = true;
  for (const FolderDifference& difference : differences) {
    if (difference.instance.empty()) observed.shared.push_back({difference.path, difference.state});
    else observed.instances[difference.instance].files.push_back({difference.shown, difference.state});
  }
  return {};
}

/// Of a program that listens nowhere the engine says whether it lives.
Result<void> ComposeRuntime::ask(const Instance& instance, const Container& container) {
  if (instance.ready.protocol != ProbeProtocol::process) return ask_(instance);
  if (container.state != "running") return fail("its container is " + container.state);
  if (machine_.clock.wall_ms() < container.started_ms + instance.ready.interval_ms) return fail("its process has only just begun");
  return {};
}

Life ComposeRuntime::life_of(const Instance& instance, const Container& container, std::string& detail) {
  if (container.state == "restarting") {
    detail = what_ended_it(container);
    return Life::failed;
  }
  if (container.state == "paused") {
    detail = "its container is paused";
    return Life::running;
  }
  if (container.state != "running") {
    if (container.state == "exited") detail = "its container ended with " + std::to_string(container.exit_code);
    return Life::stopped;
  }
  const auto ready = ask(instance, container);
  if (ready) return Life::ready;
  detail = describe(Error{.what = ready.error().what, .why = ready.error().why});
  return container.health == "starting" ? Life::starting : Life::running;
}

/// Files that were written after a container started: an `up` that was cut between the two still owes it a new start.
std::vector<ObservedFile> ComposeRuntime::unread_files(const Folder& folder, const std::string& instance, const Container& container) {
  std::vector<ObservedFile> out;
  const auto note = [&](const std::string& path) {
    const auto info = machine_.files.info(site_.directory() + "/" + path);
    if (info && *info && (*info)->modified_ms > container.started_ms) out.push_back({path, DiskState::unread});
  };
  for (const FolderFile& file : folder.given.files)
    if (file.instance == instance && !file.seed && !file.live) note(file.path);
  for (const FolderTrust& trust : folder.given.trust)
    if (trust.instance == instance) note(trust.path);
  for (const FolderLeaf& leaf : folder.given.leaves)
    if (leaf.instance == instance) note(leaf.public_path());
  return out;
}

ObservedInstance ComposeRuntime::observe_container(const PlacedInstance& placed, const Service& service, const Container& container, const std::string& image_id) {
  ObservedInstance now;
  now.life = life_of(*placed.instance, container, now.detail);
  now.running_command = settings_of(container.digest) + " " + container.image_id;
  now.wanted_command = settings_of(service.digest) + " " + (image_id.empty() ? "an image that is yet to be made" : image_id);
  const auto observe_live = placed.component->kind->verbs.observe_live;
  if (now.life == Life::ready && observe_live != nullptr)
    if (auto live = observe_live(*world_, foundation_, *placed.component, *placed.member)) now.live = std::move(*live);
  return now;
}

Result<void> ComposeRuntime::observe_containers(const Folder& wanted, const ImageIds& images, Observed& observed) {
  std::optional<std::map<std::string, Container>> known = std::exchange(just_seen_, std::nullopt);
  if (!known) {
    KEELSON_TRY(known, docker_->containers(site_.foundation));
  }
  std::map<std::string, Container>& containers = *known;
  for (const auto& [service, container] : containers)
    if (container.state == "paused") paused_[service] = container.id;
  observed.supervisor_running = true;
  const std::vector<PlacedInstance> jobs = instances_of(foundation_);
  std::vector<ObservedInstance> seen(jobs.size());
  in_parallel(jobs.size(), [&](std::size_t job) {
    const Service& service = wanted.compose.services[job];  // in the order of instances_of
    const auto container = containers.find(service.name);
    if (container == containers.end()) return;
    const auto image = images.find(service.image);
    seen[job] = observe_container(jobs[job], service, container->second, image == images.end() ? std::string() : image->second);
    seen[job].files = unread_files(wanted, service.name, container->second);
    if (seen[job].files.empty() && files_of(container->second.digest) != files_of(service.digest)) seen[job].files = {{"a file it reads at its start", DiskState::unread}};
  });
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    ObservedInstance& now = observed.instances[jobs[job].instance->name];
    if (!now.files.empty()) seen[job].files = std::move(now.files);  // these ask for a new container themselves
    seen[job].prepared = now.prepared;
    now = std::move(seen[job]);
    containers.erase(jobs[job].instance->name);
  }
  for (const auto& [service, container] : containers) observed.strays.push_back(service);
  return {};
}

Result<void> ComposeRuntime::observe_provisions(Observed& observed) {
  const std::vector<const Component*> asked = askable(foundation_, [&](const std::string& instance) { return observed.instances[instance].life == Life::ready; });
  std::vector<std::vector<Provision>> found(asked.size());
  in_parallel(asked.size(), [&](std::size_t job) {
    if (auto missing = asked[job]->kind->verbs.observe_provision(*world_, foundation_, *asked[job])) found[job] = std::move(*missing);
  });
  for (std::size_t job = 0; job < asked.size(); ++job) observed.provisions[asked[job]->name] = std::move(found[job]);
  return {};
}

Result<Observed> ComposeRuntime::observe(const Foundation&) {
  Observed observed;
  observed.reloads = false;  // a file that is mounted is replaced, and the container keeps the one it began with
  const auto wanted = folder();
  if (!wanted) return unexpected(wanted.error().front());
  KEELSON_TRY(const ImageIds images, wanted_images());
  observe_images(images, observed);
  KEELSON_CHECK(observe_files(*wanted, observed));
  KEELSON_CHECK(observe_containers(*wanted, images, observed));
  KEELSON_CHECK(observe_provisions(observed));
  return observed;
}

Result<std::string> ComposeRuntime::told() {
  KEELSON_TRY(std::string out, docker_->inspected(site_.foundation));
  KEELSON_TRY(const auto containers, docker_->containers(site_.foundation));
  for (const auto& [service, container] : containers) {
    KEELSON_TRY(const std::string log, docker_->last_lines(container.id, kToldLines));
    out += log;
  }
  return out;
}

Result<std::vector<InstanceStatus>> ComposeRuntime::status() {
  KEELSON_TRY(const auto containers, docker_->containers(site_.foundation));
  KEELSON_CHECK(must_answer());
  if (containers.empty()) return fail_as(ErrorCode::not_running, site_.foundation + " has no containers", {}, {}, "bring it up: keelson up");
  const std::vector<PlacedInstance> jobs = instances_of(foundation_);
  std::vector<InstanceStatus> out(jobs.size());
  std::vector<std::map<std::string, std::string>> roles(foundation_.components.size());
  in_parallel(jobs.size() + roles.size(), [&](std::size_t job) {
    if (job >= jobs.size()) {
      const Component& component = foundation_.components[job - jobs.size()];
      if (component.kind->verbs.roles == nullptr) return;
      if (auto seen = component.kind->verbs.roles(*world_, foundation_, component)) roles[job - jobs.size()] = std::move(*seen);
      return;
    }
    InstanceStatus& status = out[job];
    status.name = jobs[job].instance->name;
    const auto container = containers.find(status.name);
    if (container == containers.end()) return;
    status.life = life_of(*jobs[job].instance, container->second, status.detail);
    if (container->second.pid > 0) status.pids = {container->second.pid};
    if (status.life != Life::stopped) status.started_ms = container->second.started_ms;
    status.restarts = container->second.restarts;
  });
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    const std::size_t component = static_cast<std::size_t>(jobs[job].component - foundation_.components.data());
    if (const auto role = roles[component].find(jobs[job].member->name); role != roles[component].end() && out[job].life == Life::ready) out[job].role = role->second;
  }
  return out;
}

}  // namespace keelson::compose
