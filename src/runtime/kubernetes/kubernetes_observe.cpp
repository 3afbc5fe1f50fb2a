// The looking half of the Kubernetes runtime: nothing in this file changes anything.
#include <algorithm>

#include "async/in_parallel.h"
#include "runtime/askable.h"
#include "runtime/container_files.h"
#include "runtime/kubernetes/fitness.h"
#include "runtime/kubernetes/instance_objects.h"
#include "runtime/kubernetes/kubernetes_runtime.h"
#include "runtime/kubernetes/obstacles.h"
#include "state/schema.h"
#include "state/written_files.h"
#include "system/digest.h"

namespace keelson::kubernetes {
namespace {

constexpr int kJustNowMs = 2'000;  ///< preflight and observe of one command look once
constexpr int kToldLines = 10'000;

Life life_of(const Pod* pod, std::string& detail) {
  if (pod == nullptr) return Life::stopped;
  detail = pod->trouble;
  if (pod->leaving) return Life::stopping;
  if (pod->ready) return Life::ready;
  if (pod->hopeless || pod->phase == "Failed") return Life::failed;
  if (pod->phase == "Pending") return Life::starting;
  return Life::running;
}

/// As plans name a file: "live.conf"; a certificate with its key is one, "tls/server".
std::string shown_name(const std::string& mounted) {
  if (!mounted.starts_with("tls/")) return mounted;
  return mounted.substr(0, mounted.rfind('.'));
}

DiskState state_of(const FieldDifference& field) { return field.owners.empty() ? DiskState::stale : DiskState::edited; }

std::string by(const std::vector<std::string>& owners) {
  std::string out;
  for (const std::string& owner : owners) out += (out.empty() ? " (by " : ", ") + owner;
  return out.empty() ? out : out + ")";
}

void add_once(std::vector<ObservedFile>& files, ObservedFile file) {
  const auto known = std::find_if(files.begin(), files.end(), [&](const ObservedFile& one) { return one.path == file.path; });
  if (known == files.end()) files.push_back(std::move(file));
}

bool holds(const FieldDifference& field, const std::string& key) { return field.path == "data." + key || field.path == "data[\"" + key + "\"]"; }

/// With who changed it; but what a plan makes of a file that the engine can be told while it runs, it decides by the bare name.
std::string told_name(const Instance& instance, const MountedFile& file, const FieldDifference& field) {
  const bool live = std::any_of(instance.files.begin(), instance.files.end(), [&](const ConfigFile& one) { return one.path == file.name && one.on_change == Applies::live; });
  return shown_name(file.name) + (live ? std::string() : by(field.owners));
}

bool has_data(const ObjectName& name) { return name.kind == "ConfigMap" || name.kind == "Secret"; }

}  // namespace

FolderContent KubernetesRuntime::wanted_folder() const {
  FolderContent out{pod_files(foundation_), {}, {}};
  for (const PlacedInstance& placed : instances_of(foundation_)) out.instances.insert(placed.instance->name);
  return out;
}

/// What has not been issued yet is empty: it differs then, as it will.
Result<Manifests> KubernetesRuntime::wanted() {
  const auto read = [this](const std::string& path) -> Result<std::string> { return machine_.files.read(site_.directory() + "/" + path).value_or(std::string()); };
  return manifests_of({foundation_, site_.cluster, read, site_.owner, site_.storage_class, site_.build});
}

Result<void> KubernetesRuntime::must_be_ours(const Seen& seen) const {
  for (const Json& object : seen.objects) {
    const std::string& owner = object["metadata"]["labels"][kOwner].as_string();
    if (owner == site_.owner || (owner.empty() && object["kind"].as_string() == Namespace::kType.kind)) continue;  // one that was made ready for it
    return fail_as(ErrorCode::preflight_refused, "the namespace holds another foundation of this name", text_of(name_of(object)),
                   owner.empty() ? "it does not say whose it is" : "it was brought up from another state directory", "use another namespace: --namespace-prefix PREFIX");
  }
  return {};
}

Result<void> KubernetesRuntime::must_be_the_place() {
  KEELSON_TRY(const ClusterFacts facts, kubectl_->cluster(site_.cluster.space));
  if (!site_.cluster_id.empty() && !facts.id.empty() && facts.id != site_.cluster_id)
    return fail_as(ErrorCode::preflight_refused, site_.foundation + " stands in another cluster", site_.context, "context " + site_.context + " leads to cluster " + facts.id + ", and it stands in " + site_.cluster_id,
                   "use the kubeconfig it was brought up with (KUBECONFIG)");
  if (!facts.space_labels) return {};
  const Labels& labels = *facts.space_labels;
  const auto owner = labels.find(kOwner);
  const auto part_of = labels.find(kPartOf);
  const bool made_ready = owner == labels.end() && part_of != labels.end() && part_of->second == site_.foundation;
  if (made_ready || (owner != labels.end() && owner->second == site_.owner)) return {};
  if (owner != labels.end())
    return fail_as(ErrorCode::preflight_refused, "the namespace holds another foundation of this name", site_.cluster.space, "it was brought up from another state directory",
                   "use another namespace: --namespace-prefix PREFIX");
  return fail_as(ErrorCode::preflight_refused, "the namespace exists already, and is not this foundation's", site_.cluster.space, "everything in it would be closed off, and pods that ask for more than `restricted` refused",
                 "use another one: --namespace-prefix PREFIX; or give it away: kubectl label namespace " + site_.cluster.space + " " + kManagedBy + "=keelson " + kPartOf + "=" + site_.foundation);
}

std::optional<Error> KubernetesRuntime::no_storage_class(const Foundation& foundation) {
  const Asked asked = asked_by(foundation);
  if (!asked.volumes) return {};
  const auto classes = kubectl_->get({"storageclasses.storage.k8s.io"}, {}, {});
  if (!classes) return {};  // who may not look at them finds out by bringing it up
  const Fitness judged = judge_storage(classes->objects, site_.storage_class, asked);
  if (judged.verdict != Fitness::Verdict::fail) return {};
  return Error{ErrorCode::preflight_refused, "no volume can be made", judged.name, judged.evidence, judged.next};
}

Errors KubernetesRuntime::preflight(const Foundation& foundation) {
  if (Errors refused = unsupported(foundation); !refused.empty()) return refused;
  Result<Seen> seen;
  Result<void> place;
  in_parallel(2, [&](std::size_t job) {
    if (job == 0) seen = snapshot_->look(kJustNowMs);
    else place = must_be_the_place();
  });
  if (!place) return {place.error()};
  if (!seen) return {seen.error()};
  if (const auto ours = must_be_ours(*seen); !ours) return {ours.error()};
  if (const Json* space = seen->find({"Namespace", "", site_.cluster.space}))
    if (auto leaving = going_away(*space)) return {*leaving};
  const bool stood = std::any_of(seen->objects.begin(), seen->objects.end(), [](const Json& object) { return object["kind"].as_string() == VolumeClaim::kType.kind; });
  if (auto none = stood ? std::nullopt : no_storage_class(foundation)) return {*none};
  return {};
}

Result<void> KubernetesRuntime::observe_secrets(Observed& observed) {
  KEELSON_TRY(const std::vector<std::string> names, secrets_->names());
  observed.secrets.insert(names.begin(), names.end());
  return {};
}

/// Of what keelson keeps itself only certificates are looked at; the cluster says how everything else stands.
Result<void> KubernetesRuntime::observe_leaves(Observed& observed) {
  KEELSON_TRY(const bool authority, secrets_->has_sealed("ca/services/issuing.crt"));
  if (!authority) return {};
  KEELSON_CHECK(open_authority());
  KEELSON_TRY(const auto database, state::open_state(site_.state_dir, machine_.clock, state::Durability::normal));
  KEELSON_TRY(const auto written, state::WrittenFiles(*database).all(std::string(kWrittenBy)));
  FolderContent leaves = wanted_folder();
  leaves.given.files.clear();
  KEELSON_TRY(const std::vector<FolderDifference> differences, compare_folder(leaves, pod_users(), Owning::renderer, site_.directory(), written, folder_machine()));
  for (const FolderDifference& difference : differences)
    if (!difference.instance.empty()) add_once(observed.instances[difference.instance].files, {difference.shown, difference.state});
  return {};
}

void KubernetesRuntime::note_instance(const ObjectDifference& difference, const PlacedInstance& placed, ObservedInstance& observed) const {
  const std::string kind = difference.name.kind;
  if (difference.state == ObjectState::missing || difference.state == ObjectState::leaving) return add_once(observed.files, {kind, DiskState::missing});
  FolderFiles unused;
  const ContainerFiles given = container_files(placed, pod_users(), unused);
  for (const FieldDifference& field : difference.fields) {
    const auto file = std::find_if(given.mounted.begin(), given.mounted.end(), [&](const MountedFile& one) { return holds(field, key_of(one.name)); });
    if (has_data(difference.name) && file != given.mounted.end()) add_once(observed.files, {told_name(*placed.instance, *file, field), state_of(field)});
    else if (field.path.find(kFilesAnnotation) == std::string::npos) add_once(observed.files, {kind + " " + field.path + by(field.owners), state_of(field)});
  }
}

void KubernetesRuntime::note(const ObjectDifference& difference, Observed& observed) {
  const std::string what = text_of(difference.name);
  if (difference.state == ObjectState::same) return;
  for (const PlacedInstance& placed : instances_of(foundation_)) {
    const bool set = difference.name.kind == "StatefulSet";
    if (placed.instance->name != difference.name.name || !(set || has_data(difference.name))) continue;
    if (set && difference.state != ObjectState::missing) new_templates_.insert(placed.instance->name);
    return note_instance(difference, placed, observed.instances[placed.instance->name]);
  }
  if (difference.state == ObjectState::stray && difference.name.kind == "StatefulSet") {
    observed.strays.push_back(difference.name.name);
    stray_sets_.push_back(difference.name);
    return;
  }
  switch (difference.state) {
    case ObjectState::stray:
      orphans_.push_back(difference.name);
      observed.shared.push_back({what + " of what is no more", DiskState::stale});
      return;
    case ObjectState::missing: case ObjectState::leaving: observed.shared.push_back({what, DiskState::missing}); return;
    case ObjectState::different:
      for (const FieldDifference& field : difference.fields) observed.shared.push_back({what + " " + field.path + by(field.owners), state_of(field)});
      return;
    case ObjectState::same: return;
  }
}

/// The API server says what everything would be after an apply; without the namespace it cannot, and there is nothing.
Result<void> KubernetesRuntime::observe_objects(const Seen& live, Observed& observed) {
  KEELSON_TRY(const bool authority, secrets_->has_sealed("ca/services/issuing.crt"));
  const Json* space = live.find({"Namespace", "", site_.cluster.space});
  const bool secrets = std::all_of(foundation_.secrets.begin(), foundation_.secrets.end(), [&](const SecretSpec& secret) { return observed.secrets.contains(secret.name); });
  if (space == nullptr || !authority || !secrets) {
    observed.shared.push_back({space == nullptr ? "namespace/" + site_.cluster.space : "what its pods are given", DiskState::missing});
    return {};
  }
  KEELSON_TRY(const Manifests made, wanted());
  std::vector<Object> objects = made.shared;
  for (const auto& [instance, own] : made.instances) objects.insert(objects.end(), own.begin(), own.end());
  KEELSON_TRY(const Secret list, list_of(objects, lookup()));
  KEELSON_TRY(const Seen applied, kubectl_->would_apply(list));
  for (const ObjectDifference& difference : compare(live, applied)) note(difference, observed);
  return {};
}

void KubernetesRuntime::observe_pods(const Seen& live, Observed& observed) {
  const std::map<std::string, Pod> pods = pods_by_instance(live.objects);
  for (const PlacedInstance& placed : instances_of(foundation_)) {
    ObservedInstance& now = observed.instances[placed.instance->name];
    const auto pod = pods.find(placed.instance->name);
    now.prepared = true;
    now.life = live.find({"StatefulSet", site_.cluster.space, placed.instance->name}) == nullptr ? Life::absent : life_of(pod == pods.end() ? nullptr : &pod->second, now.detail);
    if (now.life != Life::absent) stood_.insert(placed.instance->name);
  }
}

void KubernetesRuntime::observe_inside(Observed& observed) {
  const auto ready = [&](const std::string& instance) { return observed.instances[instance].life == Life::ready; };
  std::vector<const Component*> asked;
  for (const Component& component : foundation_.components) {
    const Verbs& verbs = component.kind->verbs;
    if (component.companion_of.empty() && (verbs.observe_live != nullptr || verbs.observe_provision != nullptr)) asked.push_back(&component);
  }
  std::vector<std::optional<Answer>> answers(asked.size());
  in_parallel(asked.size(), [&](std::size_t job) {
    if (auto answer = ask(Question::What::look, *asked[job])) answers[job] = std::move(*answer);
  });
  const std::vector<const Component*> whole = askable(foundation_, ready);
  for (std::size_t job = 0; job < asked.size(); ++job) {
    if (!answers[job]) continue;
    for (auto& [instance, settings] : answers[job]->live)
      if (ready(instance)) observed.instances[instance].live = std::move(settings);
    if (std::find(whole.begin(), whole.end(), asked[job]) != whole.end()) observed.provisions[asked[job]->name] = std::move(answers[job]->provisions);
  }
}

Result<Observed> KubernetesRuntime::observe(const Foundation&) {
  Observed observed;
  observed.supervisor_running = true;
  observed.reloads = false;  // pods follow a changed ConfigMap within a minute or so, which no `up` waits for
  for (const Component& component : foundation_.components)
    for (const Artifact& artifact : component.kind->artifacts) observed.artifacts.insert(std::string(artifact.id));
  KEELSON_TRY(const Seen live, snapshot_->look(kJustNowMs));
  KEELSON_CHECK(observe_secrets(observed));
  observe_pods(live, observed);
  KEELSON_CHECK(observe_leaves(observed));
  // Each waits for processes and for nothing of the other; every instance has its entry already.
  Result<void> objects;
  in_parallel(2, [&](std::size_t job) {
    if (job == 0) objects = observe_objects(live, observed);
    else observe_inside(observed);
  });
  KEELSON_CHECK(objects);
  return observed;
}

Result<std::vector<InstanceStatus>> KubernetesRuntime::status() {
  KEELSON_TRY(const Seen seen, snapshot_->look(kJustNowMs));
  const std::map<std::string, Pod> pods = pods_by_instance(seen.objects);
  if (pods.empty()) return fail_as(ErrorCode::not_running, site_.foundation + " has no pods", site_.cluster.space, {}, "bring it up: keelson up");
  std::vector<std::map<std::string, std::string>> roles(foundation_.components.size());
  in_parallel(roles.size(), [&](std::size_t job) {
    const Component& component = foundation_.components[job];
    if (component.kind->verbs.roles == nullptr) return;
    if (auto answer = ask(Question::What::roles, component)) roles[job] = std::move(answer->roles);
  });
  std::vector<InstanceStatus> out;
  for (const PlacedInstance& placed : instances_of(foundation_)) {
    InstanceStatus status{.name = placed.instance->name};
    if (const auto pod = pods.find(status.name); pod != pods.end()) {
      status.life = life_of(&pod->second, status.detail);
      status.started_ms = pod->second.started_ms;
      status.restarts = pod->second.restarts;
      const auto& known = roles[static_cast<std::size_t>(placed.component - foundation_.components.data())];
      if (const auto role = known.find(placed.member->name); role != known.end() && status.life == Life::ready) status.role = role->second;
    }
    out.push_back(std::move(status));
  }
  return out;
}

Result<std::string> KubernetesRuntime::told() {
  KEELSON_TRY(const Seen seen, snapshot_->look(kJustNowMs));
  std::string out;
  for (const Json& object : seen.objects) out += object.dump() + "\n";
  const std::vector<PlacedInstance> jobs = instances_of(foundation_);
  std::vector<std::string> logs(jobs.size());
  in_parallel(jobs.size(), [&](std::size_t job) { logs[job] = kubectl_->last_lines(place_of(jobs[job].instance->name), kToldLines).value_or(std::string()); });
  for (const std::string& log : logs) out += log;
  return out;
}

}  // namespace keelson::kubernetes
