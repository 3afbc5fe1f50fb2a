#include "runtime/kubernetes/kubernetes_runtime.h"

#include <poll.h>

#include <algorithm>

#include "runtime/container_files.h"
#include "runtime/container_image.h"
#include "runtime/kubernetes/instance_objects.h"
#include "runtime/kubernetes/obstacles.h"
#include "runtime/kubernetes/seat.h"
#include "runtime/step_subject.h"
#include "state/schema.h"
#include "state/written_files.h"
#include "system/digest.h"
#include "system/monotonic.h"

// The doing half; kubernetes_observe.cpp looks.
namespace keelson::kubernetes {
namespace {

constexpr int kReadyMs = 240'000;    // as natively, and the time in which a node finds a volume and sets up a pod
constexpr int kLookAgainMs = 400;
constexpr int kJustNowMs = 300;
constexpr int kOthersMs = 60'000;    // longer than any start but the first
constexpr int kObstacleMs = 5'000;   // what stands in the way twice, so far apart, stays: a quota counts a pod for a moment after it is gone

/// What verbs reach from outside the cluster: secrets and certificates. Engines are asked inside (KubernetesRuntime::ask).
class OutsideWorld : public World {
 public:
  /// What keelson inside an instance says to `words` and `input`.
  using AskInside = std::function<Result<std::string>(const std::string& instance, const std::vector<std::string>& words, const std::string& input)>;

  OutsideWorld(const OwnCertificates& own, std::string folder, SecretStore& secrets, AskInside ask) : own_(own), folder_(std::move(folder)), secrets_(secrets), ask_(std::move(ask)) {}

  Result<Secret> secret(const std::string& name) override { return secrets_.get(name); }
  std::string trust_file(TrustDomain domain) override { return own_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return own_.certificate_file(domain); }
  std::string key_file(TrustDomain domain) override { return own_.key_file(domain); }
  LeafFiles leaf_files(const Instance& instance, const std::string& certificate) const override { return leaf_in(folder_, instance, certificate); }
  Reach reach() const override { return Reach::network; }
  Result<std::string> ask_socket(const std::string& instance, const std::string& path, const std::string& question) override { return ask_(instance, {"relay", path}, question); }
  Result<void> signal(const std::string& instance, int number) override {
    KEELSON_CHECK(ask_(instance, {"signal", std::to_string(number)}, {}));
    return {};
  }

 private:
  const OwnCertificates& own_;
  const std::string folder_;  ///< what pods are given
  SecretStore& secrets_;
  const AskInside ask_;
};

/// Objects by which pods are found, as `get` asks for them.
Labels ours(const std::string& foundation) { return {{kPartOf, foundation}, {kManagedBy, "keelson"}}; }

/// Whether nobody but keelson and the cluster's own controllers has set anything of a namespace: then it was made by keelson, and goes with it.
bool made_by_keelson(const Json& space) {
  for (const Json& manager : space["metadata"]["managedFields"].items()) {
    const std::string& name = manager["manager"].as_string();
    if (name != kFieldManager && name != "kube-controller-manager" && name != "kube-apiserver") return false;
  }
  return true;
}

bool is_set(const Object& object) { return std::holds_alternative<StatefulSet>(object); }

}  // namespace

KubernetesRuntime::KubernetesRuntime(Machine machine, Site site, const Foundation& foundation)
    : machine_(machine), site_(std::move(site)), foundation_(foundation), layout_(site_.foundation, site_.cluster), own_(site_.state_dir),
      starts_([this](const std::vector<std::string>& instances) -> Result<void> {
        std::vector<Object> sets;
        for (const std::string& instance : instances)
          for (const Object& object : written_->instances.at(instance))
            if (is_set(object)) sets.push_back(object);
        return apply(sets);
      }) {}

Result<std::unique_ptr<KubernetesRuntime>> KubernetesRuntime::make(Machine machine, Site site, const Foundation& foundation) {
  std::unique_ptr<KubernetesRuntime> runtime(new KubernetesRuntime(machine, std::move(site), foundation));
  const Site& at = runtime->site_;
  runtime->key_ = std::make_unique<keelson::KeyFile>(at.key_file, machine.random);
  KEELSON_TRY(runtime->secrets_, SecretStore::open(machine.files, machine.random, *runtime->key_, at.state_dir + "/secrets.enc"));
  KEELSON_TRY(runtime->kubectl_, Kubectl::find(machine.files, machine.commands, at.context));
  runtime->snapshot_ = std::make_unique<Snapshot>(*runtime->kubectl_, at.cluster.space, ours(at.foundation));
  auto ask = [runtime = runtime.get()](const std::string& instance, std::vector<std::string> words, const std::string& input) {
    words.insert(words.begin(), std::string(kContainerProgram));
    return runtime->kubectl_->run_inside(runtime->place_of(instance), words, input);
  };
  runtime->world_ = std::make_unique<OutsideWorld>(runtime->own_, at.directory(), *runtime->secrets_, std::move(ask));
  return runtime;
}

World& KubernetesRuntime::world() { return *world_; }

SecretLookup KubernetesRuntime::lookup() {
  return [this](const std::string& name) { return secrets_->get(name); };
}

Result<void> KubernetesRuntime::open_authority() {
  if (authority_) return {};
  KEELSON_TRY(Authority opened, Authority::open_or_create(machine_.files, machine_.clock, *secrets_, site_.state_dir + "/ca", site_.foundation));
  authority_ = std::make_unique<Authority>(std::move(opened));
  return {};
}

/// As keelson's own, whoever set a field of theirs since.
Result<void> KubernetesRuntime::apply(const std::vector<Object>& objects) {
  KEELSON_TRY(const Secret list, list_of(objects, lookup()));
  if (auto applied = kubectl_->apply(list, Conflicts::take_over); !applied) return unexpected(applied.error().front());
  return {};
}

/// Everything but the sets, by whichever step comes first: it costs one call, and nothing in it starts anything.
Result<void> KubernetesRuntime::write_all() {
  const std::lock_guard guard(mutex_);
  if (written_) return {};
  KEELSON_CHECK(secrets_->ensure_all(foundation_.secrets, machine_.random));
  KEELSON_CHECK(open_authority());
  KEELSON_CHECK(own_.ensure(machine_.files, machine_.clock, *authority_));
  KEELSON_TRY(const auto database, state::open_state(site_.state_dir, machine_.clock, state::Durability::normal));
  state::WrittenFiles written(*database);
  FolderMachine machine = folder_machine();
  machine.note = [&](const std::string& path, std::string_view content) { return written.put(std::string(kWrittenBy), path, sha256_hex(content)); };
  KEELSON_CHECK(write_folder(wanted_folder(), pod_users(), Owning::renderer, site_.directory(), machine));
  KEELSON_TRY(Manifests made, wanted());
  std::vector<Object> objects = made.shared;
  for (const auto& [instance, own] : made.instances)
    for (const Object& object : own)
      if (!is_set(object)) objects.push_back(object);
  KEELSON_CHECK(apply(objects));
  // Engines end first: to the last they need their names, rights and policies.
  KEELSON_CHECK(kubectl_->remove(site_.cluster.space, stray_sets_, Gone::waited_for));
  KEELSON_CHECK(kubectl_->remove(site_.cluster.space, orphans_, Gone::later));
  written_ = std::move(made);
  return {};
}

/// Applying another template makes the set replace its pod; one that is to be started anew for another reason is ended here.
Result<void> KubernetesRuntime::start(const PlacedInstance& placed, Action how, const Progress& progress) {
  const std::string& name = placed.instance->name;
  KEELSON_CHECK(write_all());
  if (how == Action::restart) KEELSON_CHECK(wait_for_others(placed, progress));
  progress("its pod");
  KEELSON_TRY(const Seen seen, snapshot_->look(kJustNowMs));
  const std::map<std::string, Pod> pods = pods_by_instance(seen.objects);
  const auto pod = pods.find(name);
  // One that failed waits ever longer before it tries again; what made it fail may be mended by now.
  const bool given_up = pod != pods.end() && (pod->second.hopeless || pod->second.phase == "Failed");
  if ((how == Action::restart || given_up) && !new_templates_.contains(name))
    KEELSON_CHECK(kubectl_->remove(site_.cluster.space, {{"Pod", site_.cluster.space, pod_of(name)}}, Gone::waited_for));
  // A set whose pod was refused tries again ever later, up to a quarter of an hour; one that is made anew tries at once.
  const ObjectName set{"StatefulSet", site_.cluster.space, name};
  if (pod == pods.end() && seen.find(set) != nullptr && !new_templates_.contains(name)) KEELSON_CHECK(kubectl_->remove(site_.cluster.space, {set}, Gone::waited_for));
  KEELSON_CHECK(starts_.start(name));
  return wait_until_ready(*placed.instance, progress);
}

/// One member that is away comes back before another goes: an `up` may have been killed between the two. One that runs and is not ready may be waiting for
/// this very change, so it is not waited for without end; one that no node takes is not.
Result<void> KubernetesRuntime::wait_for_others(const PlacedInstance& placed, const Progress& progress) {
  std::vector<std::string> others;
  for (const PlacedInstance& other : instances_of(*placed.component))
    if (other.instance != placed.instance && stood_.contains(other.instance->name)) others.push_back(other.instance->name);
  std::string told;
  for (const std::int64_t until = monotonic_ms() + kOthersMs;; ::poll(nullptr, 0, kLookAgainMs)) {
    KEELSON_TRY(const Seen seen, snapshot_->look(kJustNowMs));
    const std::map<std::string, Pod> pods = pods_by_instance(seen.objects);
    const std::string away = first_away(pods, others);
    if (away.empty()) return {};
    if (away != told) progress((told = away) + " to be back");
    if (monotonic_ms() < until) continue;
    const auto pod = pods.find(away);
    if (pod == pods.end() || !pod->second.unplaced) return {};
    return fail_as(ErrorCode::not_healthy, "is not started anew while another member is away", placed.instance->name, away + ": " + pod->second.trouble,
                   "kubectl --namespace " + site_.cluster.space + " describe pod " + pod_of(away));
  }
}

/// Ready is what the kubelet says of a pod that was made from the set as it is now.
Result<void> KubernetesRuntime::wait_until_ready(const Instance& instance, const Progress& progress) {
  std::string told = "its pod to be made";
  std::int64_t ready_since = 0;  // where nothing is asked, a container is ready as soon as it runs: it must have lived for a moment, too
  int restarts = 0;
  const std::int64_t since = monotonic_ms(), until = since + kReadyMs;
  std::int64_t ask_again = since + kObstacleMs;
  std::optional<Error> in_the_way;
  for (progress(told); monotonic_ms() < until; ::poll(nullptr, 0, kLookAgainMs)) {
    const auto looked = snapshot_->look(kJustNowMs, since);
    if (!looked) {  // an API server that does not answer for a moment costs no step
      if (looked.error().what != told) progress(told = looked.error().what);
      continue;
    }
    const Seen& seen = *looked;
    const Json* set = seen.find({"StatefulSet", site_.cluster.space, instance.name});
    const std::map<std::string, Pod> pods = pods_by_instance(seen.objects);
    const auto pod = pods.find(instance.name);
    if (set == nullptr) continue;
    const Pod* made = pod == pods.end() ? nullptr : &pod->second;
    if ((made == nullptr || made->unplaced) && monotonic_ms() > ask_again) {
      const std::optional<Error> before = std::exchange(in_the_way, obstacle(instance, *set, made));
      if (in_the_way && before) return unexpected(*in_the_way);
      if (in_the_way) progress(told = in_the_way->what + ": " + in_the_way->why);
      ask_again = monotonic_ms() + kObstacleMs;
    }
    if (made == nullptr || made->leaving) continue;
    const Json& status = (*set)["status"];
    if (pod->second.restarts != restarts) ready_since = 0;
    restarts = pod->second.restarts;
    const bool current = status["observedGeneration"].as_int() == (*set)["metadata"]["generation"].as_int() && status["updateRevision"].as_string() == pod->second.revision;
    if (current && pod->second.ready) {
      if (ready_since == 0) ready_since = monotonic_ms();
      if (instance.ready.protocol != ProbeProtocol::process || monotonic_ms() >= ready_since + instance.ready.interval_ms) return {};
    }
    const Pod& now = pod->second;
    if (current && now.hopeless) return give_up_on(instance, now);
    const std::string detail = !now.trouble.empty() ? now.trouble : now.started_ms > 0 ? "its engine to be ready" : "its pod to start";
    if (detail != told) progress(told = detail);
  }
  return fail_as(ErrorCode::not_healthy, "is not ready after " + std::to_string(kReadyMs / 1000) + " s", instance.name, told, "kubectl --namespace " + site_.cluster.space + " describe pod " + pod_of(instance.name));
}

/// Else it waits for room.
bool KubernetesRuntime::waits_for_volume(const Pod& pod) {
  const auto claims = kubectl_->get({std::string(VolumeClaim::kType.resource)}, site_.cluster.space, {{kPartOf, site_.foundation}});
  const Json* claim = claims ? claims->find({std::string(VolumeClaim::kType.kind), site_.cluster.space, "data-" + pod.name}) : nullptr;
  return claim != nullptr && (*claim)["status"]["phase"].as_string() == "Pending";
}

std::optional<Error> KubernetesRuntime::obstacle(const Instance& instance, const Json& set, const Pod* pod) {
  std::optional<Error> out;
  if (pod != nullptr) out = waits_for_volume(*pod) ? no_storage_class(foundation_) : std::nullopt;
  else if (const auto events = kubectl_->get({"events"}, site_.cluster.space, {})) out = refused_pod(events->objects, set);
  if (!out) return {};
  out->code = ErrorCode::not_healthy;
  out->where = instance.name;
  return out;
}

Result<void> KubernetesRuntime::give_up_on(const Instance& instance, const Pod& pod) {
  std::string why = pod.trouble;
  if (pod.restarts > 0)
    if (auto last = kubectl_->last_lines(place_of(instance.name), 1); last && !last->empty()) why += "; the last line of its log: " + last->substr(0, last->find('\n'));
  return fail_as(ErrorCode::not_healthy, "does not run", instance.name, why, pod.next.empty() ? "keelson logs " + instance.name : pod.next);
}

Result<void> KubernetesRuntime::remove_instance(const std::string& instance) {
  const std::string& space = site_.cluster.space;
  return kubectl_->remove(space, {{"StatefulSet", space, instance}, {"ConfigMap", space, instance}, {"Secret", space, instance}}, Gone::waited_for);
}

Result<void> KubernetesRuntime::execute(const Foundation& foundation, const Step& step, const Progress& progress) {
  switch (step.action) {
    case Action::secret: KEELSON_CHECK(secrets_->ensure_all(secrets_of(foundation, step), machine_.random)); return {};
    case Action::configure: case Action::render: return write_all();
    case Action::remove: return remove_instance(step.subject);
    case Action::provision: return provision(*find_component(foundation, step.component));
    case Action::start: case Action::restart: {
      KEELSON_TRY(const PlacedInstance found, instance_of(foundation, step));
      return start(found, step.action, progress);
    }
    case Action::set: {
      KEELSON_TRY(const PlacedInstance found, instance_of(foundation, step));
      KEELSON_CHECK(write_all());
      KEELSON_CHECK(ask(Question::What::set, *found.component, found.member->name, step.live));
      return {};
    }
    // `observe` says that there is a supervisor, that names and policies are objects like others, that nothing reloads, and that nodes have their images.
    case Action::fetch: case Action::supervise: case Action::names: case Action::network: case Action::reload: break;
  }
  return fail("there is nothing to do on Kubernetes for " + step.id);
}

/// Without keelson inside nothing is made there (`unsupported` refuses what would have to be), and a balancer is not asked whether it has found its servers.
Result<void> KubernetesRuntime::provision(const Component& component) {
  if (!carries_keelson(component)) return {};
  KEELSON_CHECK(ask(Question::What::provision, component));
  return {};
}

/// A member of the component whose pod is ready, which is asked on behalf of all.
Result<std::string> KubernetesRuntime::ready_member(const Component& component) {
  KEELSON_TRY(const Seen seen, snapshot_->look(kJustNowMs));
  const std::map<std::string, Pod> pods = pods_by_instance(seen.objects);
  for (const PlacedInstance& placed : instances_of(component))
    if (const auto pod = pods.find(placed.instance->name); pod != pods.end() && pod->second.ready && !pod->second.leaving) return placed.instance->name;
  return fail_as(ErrorCode::not_healthy, "no pod of it is ready", component.name, {}, "keelson status");
}

Result<Answer> KubernetesRuntime::ask(Question::What what, const Component& component, const std::string& member, const LiveSetting& setting) {
  const std::string& entry = component.companion_of.empty() ? component.name : component.companion_of;
  const Component& asked = what == Question::What::provision ? component : *find_component(foundation_, entry);
  KEELSON_TRY(const std::string through, ready_member(asked));
  Question question{what, site_.applied, site_.cluster.space, site_.cluster.domain, component.name, member, setting};
  KEELSON_TRY(const std::vector<std::string> names, secrets_->names());
  for (const std::string& secret : names) {
    if (!secret.starts_with(entry + "/")) continue;
    KEELSON_TRY(question.secrets[secret], secrets_->get(secret));
  }
  // Keelson's own certificates open every engine that knows it by one, so they go only to those whose insides it administers that way.
  const bool by_certificate = component.kind->verbs.provision != nullptr;
  std::vector<std::string> paths;
  for (const TrustDomain domain : {TrustDomain::control, TrustDomain::members, TrustDomain::services}) {
    paths.push_back(own_.trust_file(domain));
    if (!by_certificate || domain == TrustDomain::services) continue;
    paths.push_back(own_.certificate_file(domain));
    paths.push_back(own_.key_file(domain));
  }
  KEELSON_CHECK(hand_over(question, paths));
  const std::string run = find_instance(foundation_, through)->place.run;
  KEELSON_TRY(const std::string printed, kubectl_->run_inside(place_of(through), {std::string(kContainerProgram), "inside", run}, std::string(text_of(question).reveal())));
  KEELSON_TRY(const Json json, parse_json(printed));
  return answer_from(json);
}

Result<void> KubernetesRuntime::hand_over(Question& question, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    KEELSON_TRY(std::string content, machine_.files.read(path));
    question.files[path.substr(site_.state_dir.size() + 1)] = Secret(std::move(content));
  }
  return {};
}

PodPlace KubernetesRuntime::place_of(const std::string& instance) const {
  for (const PlacedInstance& placed : instances_of(foundation_))
    if (placed.instance->name == instance) return {site_.cluster.space, pod_of(instance), std::string(placed.component->kind->name)};
  return {};
}

Result<std::string> KubernetesRuntime::run_inside(const std::string& instance, const std::vector<std::string>& words) { return kubectl_->run_inside(place_of(instance), words, {}); }

Result<void> KubernetesRuntime::down(const Foundation*, const Progress& progress) {
  KEELSON_CHECK(must_be_the_place());
  KEELSON_TRY(const Seen seen, snapshot_->look(kJustNowMs));
  KEELSON_CHECK(must_be_ours(seen));
  progress("every pod to end");
  // Before what they need to end in good order: Patroni its rights and its token, replicas the names they are reached by.
  KEELSON_CHECK(kubectl_->remove_all({std::string(StatefulSet::kType.resource)}, site_.cluster.space, ours(site_.foundation), Gone::waited_for));
  std::vector<std::string> resources;
  for (const ApiType& type : kNamespacedTypes) resources.emplace_back(type.resource);
  KEELSON_CHECK(kubectl_->remove_all(resources, site_.cluster.space, ours(site_.foundation), Gone::waited_for));
  return Seat::remove_all(*kubectl_, site_.cluster.space, site_.owner);
}

/// What Patroni made carries the foundation's and the component's label, and none of keelson's.
Result<void> KubernetesRuntime::remove_election_records() {
  KEELSON_TRY(const Seen seen, kubectl_->get({std::string(ConfigMap::kType.resource)}, site_.cluster.space, {{kPartOf, site_.foundation}}));
  std::vector<ObjectName> records;
  for (const Json& object : seen.objects) {
    const Json& labels = object["metadata"]["labels"];
    const std::string& component = labels[kComponent].as_string();
    const ObjectName name = name_of(object);
    const bool record = !component.empty() && std::any_of(kElectionSuffixes.begin(), kElectionSuffixes.end(), [&](const char* suffix) { return name.name == component + suffix; });
    if (record && !labels.has(kManagedBy)) records.push_back(name);
  }
  return kubectl_->remove(site_.cluster.space, records, Gone::waited_for);
}

Result<void> KubernetesRuntime::remove_data(const Progress& progress) {
  KEELSON_CHECK(down(&foundation_, progress));
  progress("volumes to be removed");
  Labels volumes = ours(site_.foundation);
  volumes[kOwner] = site_.owner;
  KEELSON_CHECK(kubectl_->remove_all({std::string(VolumeClaim::kType.resource)}, site_.cluster.space, volumes, Gone::waited_for));
  KEELSON_CHECK(remove_election_records());
  KEELSON_TRY(const Seen seen, snapshot_->look(0));
  const ObjectName space{"Namespace", "", site_.cluster.space};
  const Json* found = seen.find(space);
  if (found == nullptr || !made_by_keelson(*found)) return {};
  KEELSON_TRY(const Seen left, kubectl_->get({"pods", "persistentvolumeclaims", "services", "secrets", "statefulsets.apps", "deployments.apps"}, site_.cluster.space, {}));
  if (!left.objects.empty()) return {};  // somebody else lives there, too
  progress("the namespace to go");
  return kubectl_->remove({}, {space}, Gone::waited_for);
}

}  // namespace keelson::kubernetes
