// The doing half of the native runtime: one function a step, each idempotent.
#include "runtime/native/agent_launch.h"
#include "runtime/native/host_names.h"
#include "runtime/native/last_log_line.h"
#include "runtime/native/native_runtime.h"
#include "runtime/step_subject.h"
#include "security/own_certificates.h"
#include "system/digest.h"

namespace keelson::native {
namespace {

constexpr int kReadyTimeoutMs = 180'000;
constexpr int kStopTimeoutMs = 120'000;

}  // namespace

Result<void> NativeRuntime::prepare_state() {
  const std::lock_guard guard(prepare_mutex_);
  if (prepared_) return {};
  KEELSON_CHECK(make_state());
  prepared_ = true;
  return {};
}

Result<void> NativeRuntime::make_state() {
  const Site& site = layout_->site();
  // Engines run as users of their own and must be able to pass through; nothing in here can be listed by them.
  KEELSON_CHECK(machine_.files.make_directory(site.state_dir, 0711));
  KEELSON_CHECK(machine_.files.make_directory(layout_->member_root(), 0711));
  KEELSON_CHECK(machine_.files.make_directory(layout_->log_dir(), 0700));
  KEELSON_CHECK(install_program());
  if (!authority_) {
    KEELSON_TRY(Authority opened, Authority::open_or_create(machine_.files, machine_.clock, *secrets_, authority_dir(), site.foundation));
    authority_ = std::make_unique<Authority>(std::move(opened));
  }
  return OwnCertificates(site.state_dir).ensure(machine_.files, machine_.clock, *authority_);
}

Result<void> NativeRuntime::install_program() {
  const std::string target = layout_->installed_program();
  KEELSON_TRY(const std::string wanted, machine_.files.read(layout_->site().program, 512 << 20));
  const auto existing = machine_.files.read(target, 512 << 20);
  if (existing && *existing == wanted) return {};
  KEELSON_CHECK(machine_.files.make_directory(layout_->site().state_dir + "/bin", 0755));
  return machine_.files.write(target, wanted, 0755);
}

Result<void> NativeRuntime::fetch(const std::string& artifact, const Progress& progress) {
  for (const Kind* kind : catalog_)
    for (const Artifact& candidate : kind->artifacts)
      if (candidate.id == artifact) return artifacts_->fetch(candidate, progress);
  return fail("no kind declares this artifact", artifact);
}

Result<void> NativeRuntime::configure(const Component& component, const Instance& instance) {
  Owner owner;
  if (layout_->site().root) {
    const auto uid = layout_->site().uids.find(component.name);
    if (uid == layout_->site().uids.end()) return fail("no uid is set aside for the component", component.name);
    KEELSON_TRY(owner, users_.ensure(layout_->user(component.name), uid->second));
  }
  InstanceFiles files(machine_.files, *secrets_, authority_.get(), machine_.clock);
  KEELSON_CHECK(files.prepared(instance, owner));  // refuses foreign directories before anything is written
  KEELSON_TRY(const Digests written, read_digests(instance.name));
  KEELSON_TRY(const Digests digests, files.write(instance, owner, written));
  return save_digests(instance.name, digests);
}

Result<void> NativeRuntime::declare(const Component& component, const Member& member, const Instance& instance) {
  KEELSON_TRY(const Owner owner, owner_of(component.name, layout_->site()));
  KEELSON_TRY(const ProcessSpec spec, spec_of(component, member, instance, owner));
  return agent_->put(spec);
}

Result<void> NativeRuntime::start(const PlacedInstance& placed, Action how, CrashLoops::Step& going, const Progress& progress) {
  const std::string& name = placed.instance->name;
  KEELSON_CHECK(declare(*placed.component, *placed.member, *placed.instance));
  KEELSON_CHECK(how == Action::restart ? agent_->restart(name) : agent_->start(name));
  auto waited = agent_->wait(name, Life::ready, kReadyTimeoutMs, progress, [&](int deaths) { return going.failed(deaths); });
  if (waited) return {};
  if (const std::string line = last_log_line(machine_.files, layout_->log_dir() + "/" + name + ".log"); !line.empty())
    waited.error().why += "; the last line of its log: " + line;
  return waited;
}

Result<void> NativeRuntime::start_agent() {
  const Site& site = layout_->site();
  AgentOptions options;
  options.program = layout_->installed_program();
  options.state_dir = site.state_dir;
  options.foundation = site.foundation;
  options.foundation_id = site.id;
  options.socket_path = layout_->socket();
  options.key_file = site.key_file;
  return launch_agent(options);
}

Result<void> NativeRuntime::publish(const Foundation& foundation) {
  KEELSON_TRY(const OwnedFd lock, lock_host_names());
  return publish_names(machine_.files, "/etc/hosts", hosts_mark(), host_lines(foundation, layout_->site().owns_short_names));
}

Result<void> NativeRuntime::execute(const Foundation& foundation, const Step& step, const Progress& progress) {
  CrashLoops::Step going(crash_loops_);
  KEELSON_CHECK(prepare_state());
  switch (step.action) {
    case Action::secret: KEELSON_CHECK(secrets_->ensure_all(secrets_of(foundation, step), machine_.random)); return {};
    case Action::fetch: return fetch(step.subject, progress);
    case Action::supervise: return start_agent();
    case Action::names: return publish(foundation);
    case Action::remove: return agent_->remove(step.subject);
    case Action::network: return enforce_network(foundation);
    case Action::render: return {};  // no file is about the whole here
    case Action::provision: {
      const Component* component = find_component(foundation, step.component);
      return component->kind->verbs.provision(*world_, foundation, *component);
    }
    case Action::configure: case Action::start: case Action::restart: case Action::reload: case Action::set: break;
  }
  KEELSON_TRY(const PlacedInstance found, instance_of(foundation, step));
  const Verbs& verbs = found.component->kind->verbs;
  switch (step.action) {
    case Action::configure: return configure(*found.component, *found.instance);
    case Action::start: case Action::restart: return start(found, step.action, going, progress);
    case Action::set:
      if (step.live.name == kMemoryLimit || step.live.name == kSupervision) return declare(*found.component, *found.member, *found.instance);
      return verbs.set_live(*world_, foundation, *found.component, *found.member, step.live);
    case Action::reload:
      if (verbs.reload == nullptr) return fail_as(ErrorCode::not_supported, "this kind cannot reload its files", step.subject);
      return verbs.reload(*world_, foundation, *found.component, *found.member, found.instance->name);
    case Action::secret: case Action::fetch: case Action::supervise: case Action::names: case Action::remove: case Action::network: case Action::render: case Action::provision: break;
  }
  return {};
}

/// What lies in run directories means nothing once nobody runs: HAProxy leaves its sockets behind.
Result<void> NativeRuntime::empty_run_directories(const Foundation& foundation) {
  for (const PlacedInstance& placed : instances_of(foundation)) {
    const std::string& run = placed.instance->place.run;
    KEELSON_TRY(const auto there, machine_.files.info(run));
    const auto owner = owner_of(placed.component->name, layout_->site());
    if (!there || !owner) continue;
    KEELSON_CHECK(machine_.files.remove_tree(run));
    KEELSON_CHECK(machine_.files.make_directory(run, 0700, *owner));
  }
  return {};
}

/// An agent that died left its children running: a new one takes them up and then stops them in order.
Result<void> NativeRuntime::down(const Foundation* foundation, const Progress& progress) {
  KEELSON_TRY(const auto state, machine_.files.info(layout_->agent_dir()));
  if (state) {
    if (auto hello = agent_->hello(); !hello) KEELSON_CHECK(start_agent());
    progress("every instance to end");
    KEELSON_CHECK(agent_->shutdown(kStopTimeoutMs));
    if (foundation != nullptr) KEELSON_CHECK(empty_run_directories(*foundation));
  }
  if (!layout_->site().root) return {};
  KEELSON_CHECK(lift_network());  // last: until then nobody else may reach what still runs
  KEELSON_TRY(const OwnedFd lock, lock_host_names());
  return publish_names(machine_.files, "/etc/hosts", hosts_mark(), {});
}

}  // namespace keelson::native
