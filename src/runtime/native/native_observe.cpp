// The looking half of the native runtime: nothing in this file changes anything.
#include <algorithm>

#include "async/in_parallel.h"
#include "runtime/askable.h"
#include "runtime/native/host_names.h"
#include "runtime/native/native_runtime.h"

namespace keelson::native {
namespace {

bool runs(Life life) {
  switch (life) {
    case Life::starting: case Life::running: case Life::ready: return true;
    case Life::absent: case Life::stopped: case Life::stopping: case Life::failed: return false;
  }
  return false;
}

using Processes = std::map<std::string, ProcessStatus>;

/// Where the kind says that memory applies live, a changed limit alone is set, not restarted for.
std::optional<LiveSetting> changed_limit(const Kind& kind, const ProcessSpec& spec, const ProcessStatus& process) {
  const auto is_memory = [](const Setting& setting) { return setting.name == "memory" && setting.applies == Applies::live; };
  if (std::none_of(kind.settings.begin(), kind.settings.end(), is_memory) || process.memory_limit == spec.memory_limit) return std::nullopt;
  if (command_digest(with_limit(spec, process.memory_limit)) != process.command_digest) return std::nullopt;
  return LiveSetting{std::string(kMemoryLimit), std::to_string(spec.memory_limit), std::to_string(process.memory_limit)};
}

/// What the agent goes by while an instance runs (its probe, how it stops, what it leads) and the blueprint says otherwise now.
std::optional<LiveSetting> changed_supervision(const ProcessSpec& spec, const ProcessStatus& process) {
  if (process.tending_digest.empty() || process.tending_digest == tending_digest(spec)) return std::nullopt;
  return LiveSetting{std::string(kSupervision), "otherwise", "as before a change"};
}

}  // namespace

Result<Owner> NativeRuntime::owner_of(const std::string& component, const Site& site) {
  if (!site.root) return Owner{};
  return HostUsers::find(layout_->user(component));
}

Result<ProcessSpec> NativeRuntime::spec_of(const Component& component, const Member& member, const Instance& instance, Owner owner) const {
  ProcessSpec spec;
  spec.name = instance.name;
  spec.component = component.name;
  spec.member = member.name;
  spec.command = instance.command;
  if (!instance.launch.empty()) {
    const Place& place = instance.place;
    spec.command = {layout_->installed_program(), "launch", instance.launch, "--home", place.home, "--config", place.config, "--tls", place.tls,
                    "--data", place.data, "--run", place.run, "--"};
    spec.command.insert(spec.command.end(), instance.command.begin(), instance.command.end());
  }
  spec.environment = instance.environment;
  spec.directory = instance.place.data;
  spec.uid = owner.uid;
  spec.gid = owner.gid;
  spec.stop_signal = instance.stop_signal;
  spec.stop_timeout_ms = instance.stop_timeout_ms;
  spec.memory_limit = instance.memory_limit;
  spec.open_files = instance.open_files;
  spec.ready = instance.ready;
  spec.leadership = instance.leadership;
  return spec;
}

Result<ObservedInstance> NativeRuntime::observe_instance(const Foundation& foundation, const Component& component, const Member& member, const Instance& instance,
                                                         const ProcessStatus* process, const Digests& written) {
  ObservedInstance now;
  const auto owner = owner_of(component.name, layout_->site());
  if (!owner) return now;  // no user yet: nothing of it exists
  InstanceFiles files(machine_.files, *secrets_, authority_.get(), machine_.clock);
  KEELSON_TRY(now.prepared, files.prepared(instance, *owner));
  KEELSON_TRY(now.files, files.observe(instance, *owner, written));
  KEELSON_TRY(const ProcessSpec spec, spec_of(component, member, instance, *owner));
  now.wanted_command = command_digest(spec);
  if (process == nullptr) return now;
  now.life = process->instance.life;
  now.detail = process->instance.detail;
  now.running_command = runs(now.life) ? process->command_digest : "";
  if (now.life == Life::ready && component.kind->verbs.observe_live != nullptr)
    if (auto live = component.kind->verbs.observe_live(*world_, foundation, component, member)) now.live = std::move(*live);
  if (auto limit = changed_limit(*component.kind, spec, *process); limit && runs(now.life)) {
    now.running_command = now.wanted_command;
    now.live.push_back(std::move(*limit));  // last: what the engine holds shrinks before its limit does
  }
  if (auto supervision = changed_supervision(spec, *process); supervision && runs(now.life)) now.live.push_back(std::move(*supervision));
  return now;
}

Result<void> NativeRuntime::observe_instances(const Foundation& foundation, Observed& observed) {
  Processes processes;
  if (auto status = agent_->status()) {
    observed.supervisor_running = true;
    for (ProcessStatus& process : *status) processes[process.instance.name] = std::move(process);
  } else if (status.error().code != ErrorCode::not_running) {
    return unexpected(status.error());
  }
  const std::vector<PlacedInstance> jobs = instances_of(foundation);
  std::vector<Result<ObservedInstance>> results(jobs.size(), ObservedInstance{});
  const std::vector<const Component*> asked = askable(foundation, [&](const std::string& instance) {
    const auto process = processes.find(instance);
    return process != processes.end() && process->second.instance.life == Life::ready;
  });
  std::vector<Result<std::vector<Provision>>> provisions(asked.size(), std::vector<Provision>{});
  in_parallel(asked.size() + jobs.size(), [&](std::size_t job) {
    if (job < asked.size()) {  // first, because they take longest
      provisions[job] = asked[job]->kind->verbs.observe_provision(*world_, foundation, *asked[job]);
      return;
    }
    const std::size_t i = job - asked.size();
    const auto process = processes.find(jobs[i].instance->name);
    const auto written = read_digests(jobs[i].instance->name);
    if (!written) {
      results[i] = unexpected(written.error());
      return;
    }
    results[i] = observe_instance(foundation, *jobs[i].component, *jobs[i].member, *jobs[i].instance,
                                  process == processes.end() ? nullptr : &process->second, *written);
  });
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!results[i]) return unexpected(results[i].error());
    observed.instances[jobs[i].instance->name] = std::move(*results[i]);
    processes.erase(jobs[i].instance->name);
  }
  for (const auto& [name, process] : processes) observed.strays.push_back(name);
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (provisions[i]) observed.provisions[asked[i]->name] = std::move(*provisions[i]);
  return {};
}

Result<Observed> NativeRuntime::observe(const Foundation& foundation) {
  Observed observed;
  for (const Component& component : foundation.components)
    for (const Artifact& artifact : component.kind->artifacts) {
      if (artifact.source == ArtifactSource::host) { observed.artifacts.insert(std::string(artifact.id)); continue; }
      KEELSON_TRY(const bool present, artifacts_->present(artifact));
      if (present) observed.artifacts.insert(std::string(artifact.id));
    }
  KEELSON_TRY(const auto state, machine_.files.info(layout_->site().state_dir));
  if (!state) {  // nothing was ever applied
    observed.names_current = !layout_->site().root;
    KEELSON_TRY(observed.network, network(foundation));
    return observed;
  }
  KEELSON_CHECK(open_authority_if_made());
  KEELSON_TRY(const std::vector<std::string> names, secrets_->names());
  observed.secrets.insert(names.begin(), names.end());
  KEELSON_CHECK(observe_instances(foundation, observed));
  if (layout_->site().root) {
    KEELSON_TRY(const std::string hosts, machine_.files.read("/etc/hosts"));
    KEELSON_TRY(const std::string wanted, with_block(hosts, hosts_mark(), host_lines(foundation, layout_->site().owns_short_names)));
    observed.names_current = hosts == wanted;
  }
  KEELSON_TRY(observed.network, network(foundation));
  return observed;
}

Result<std::vector<InstanceStatus>> NativeRuntime::status() {
  KEELSON_TRY(const std::vector<ProcessStatus> processes, agent_->status());
  std::vector<InstanceStatus> out;
  for (const ProcessStatus& process : processes) out.push_back(process.instance);
  return out;
}

}  // namespace keelson::native
