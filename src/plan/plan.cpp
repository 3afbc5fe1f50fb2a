#include "plan/plan.h"

#include <algorithm>
#include <array>
#include <set>

namespace keelson {
namespace {

constexpr std::array<std::pair<Action, std::string_view>, 13> kNames{{
    {Action::fetch, "fetch"}, {Action::secret, "secret"}, {Action::supervise, "supervise"}, {Action::names, "names"},
    {Action::network, "network"}, {Action::render, "render"}, {Action::configure, "configure"}, {Action::start, "start"}, {Action::reload, "reload"},
    {Action::restart, "restart"}, {Action::set, "set"}, {Action::provision, "provision"}, {Action::remove, "remove"},
}};
constexpr bool names_in_order() {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (static_cast<std::size_t>(kNames[i].first) != i) return false;
  return kNames.size() == static_cast<std::size_t>(Action::remove) + 1;
}
static_assert(names_in_order(), "one name per Action, in the order of the enum");

std::string_view describe(DiskState state) {
  switch (state) {
    case DiskState::same: return "is as it should be";
    case DiskState::missing: return "is missing";
    case DiskState::stale: return "would be written differently now";
    case DiskState::edited: return "was changed by hand";
    case DiskState::renew: return "is past two thirds of its life";
    case DiskState::unread: return "is newer than what it began with";
  }
  return {};
}

/// What a change of one file on disk asks of a running instance.
Applies effect_of(const Instance& instance, const ObservedFile& file) {
  for (const ConfigFile& config : instance.files)
    if (config.path == file.path) return config.on_change;
  for (const Certificate& certificate : instance.certificates)
    if (file.path == "tls/" + certificate.name) return certificate.on_renew;
  return Applies::restart;
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

/// Writes the plan of one foundation: first what is missing around the instances, then instance by instance.
class Planner {
 public:
  Planner(const Foundation& foundation, const Observed& observed) : foundation_(foundation), observed_(observed) {}

  Plan run() {
    plan_secrets();
    plan_artifacts();
    for (const PlacedInstance& placed : instances_of(foundation_)) plan_configure(*placed.component, *placed.instance);
    plan_shared();
    plan_names();
    plan_network();
    plan_strays();
    for (const Component& component : foundation_.components) plan_component(component);
    plan_supervisor();
    drop_absent_predecessors();
    return {sorted(), std::move(warnings_)};
  }

 private:
  bool planned(const std::string& id) const { return ids_.contains(id); }

  void add(Step step) {
    ids_.insert(step.id);
    steps_.push_back(std::move(step));
  }

  const ObservedInstance& seen(const std::string& instance) const {
    static const ObservedInstance kNothing;
    const auto found = observed_.instances.find(instance);
    return found == observed_.instances.end() ? kNothing : found->second;
  }

  static std::string owner_of_secret(const std::string& secret) { return secret.substr(0, secret.find('/')); }

  void plan_secrets() {
    std::vector<std::string> owners;
    std::map<std::string, int> missing;
    for (const SecretSpec& secret : foundation_.secrets) {
      if (observed_.secrets.contains(secret.name)) continue;
      const std::string owner = owner_of_secret(secret.name);
      if (missing[owner]++ == 0) owners.push_back(owner);
    }
    for (const std::string& owner : owners)
      add({"secret " + owner, Action::secret, owner, owner, std::to_string(missing[owner]) + (missing[owner] == 1 ? " secret does" : " secrets do") + " not exist yet"});
  }

  void plan_artifacts() {
    for (const auto& [component, member, instance] : instances_of(foundation_)) {
      const std::string id = "fetch " + instance->artifact;
      if (instance->artifact.empty() || observed_.artifacts.contains(instance->artifact) || planned(id)) continue;
      add({id, Action::fetch, component->name, instance->artifact, "not here yet, or an earlier one is"});
    }
  }

  void plan_configure(const Component& component, const Instance& instance) {
    ObservedInstance now = seen(instance.name);
    std::erase_if(now.files, [](const ObservedFile& file) { return file.state == DiskState::unread; });  // there is nothing to write
    if (now.prepared && now.files.empty()) return;
    std::vector<std::string> reasons;
    std::size_t missing = 0;
    for (const ObservedFile& file : now.files) missing += file.state == DiskState::missing;
    if (!now.prepared) reasons.push_back("nothing of it is prepared yet");
    else if (missing > 0 && missing == now.files.size()) reasons.push_back(std::to_string(missing) + (missing == 1 ? " file is" : " files are") + " missing: " + now.files.front().path + (missing > 1 ? " …" : ""));
    else
      for (const ObservedFile& file : now.files) reasons.push_back(file.path + " " + std::string(describe(file.state)));
    Step step{"configure " + instance.name, Action::configure, component.name, instance.name, join(reasons, "; ")};
    for (const std::string& owner : secret_owners(instance)) step.after.push_back("secret " + owner);
    add(std::move(step));
  }

  /// Owners of the secrets that stand in an instance's files.
  static std::vector<std::string> secret_owners(const Instance& instance) {
    std::set<std::string> owners;
    for (const ConfigFile& file : instance.files)
      for (const Text::Piece& piece : file.content.pieces())
        if (const auto* ref = std::get_if<SecretRef>(&piece)) owners.insert(owner_of_secret(ref->name));
    if (!instance.ready.secret.empty()) owners.insert(owner_of_secret(instance.ready.secret));
    return {owners.begin(), owners.end()};
  }

  void plan_shared() {
    std::vector<std::string> reasons;
    for (const ObservedFile& file : observed_.shared) reasons.push_back(file.path + " " + std::string(describe(file.state)));
    if (reasons.empty()) return;
    Step step{"render", Action::render, "", observed_.shared.front().path, join(reasons, "; ")};
    for (const SecretSpec& secret : foundation_.secrets) step.after.push_back("secret " + owner_of_secret(secret.name));
    add(std::move(step));
  }

  void plan_names() {
    if (!observed_.names_current) add({"names", Action::names, "", "hosts", "the names of endpoints and members are not published as they should be"});
  }

  /// Waits for nothing, and every start waits for it: no engine runs for a moment without it.
  void plan_network() {
    const ObservedNetwork& network = observed_.network;
    const auto mend = [&](const std::string& reason) { add({"network", Action::network, "", "policy", reason}); };
    switch (network.state) {
      case NetworkState::current: return;
      case NetworkState::missing: return mend("no network policy is in force: the kernel has no table " + network.table);
      case NetworkState::stale: return mend("the edges ask for another network policy than the one in force");
      case NetworkState::edited: return mend("table " + network.table + " in the kernel is not as keelson left it");
      case NetworkState::not_asked: return warnings_.push_back("the network policy is not enforced: " + network.why + open_to_all());
      case NetworkState::unavailable: return warnings_.push_back("the network policy cannot be put in force: " + network.why + open_to_all());
    }
  }

  /// What is published beyond this machine although nothing limits who comes; to follow the reason.
  std::string open_to_all() const {
    for (const Endpoint& endpoint : foundation_.endpoints)
      for (const Published& place : endpoint.publish)
        if (!place.address.starts_with("127.")) return "; so publish.from is not, and " + place.text() + " is open to whoever can reach it";
    return {};
  }

  void plan_strays() {
    for (const std::string& stray : observed_.strays)
      add({"remove " + stray, Action::remove, "", stray, "runs, but the blueprint no longer names it; its data stays"});
  }

  void plan_component(const Component& component) {
    bool starts = false;
    std::string previous_restart;
    for (const PlacedInstance& placed : instances_of(component)) {
      const Instance& instance = *placed.instance;
      const ObservedInstance& now = seen(instance.name);
      switch (now.life) {
        case Life::absent: case Life::stopped: case Life::failed: case Life::stopping:
          plan_start(component, instance, now);
          starts = true;
          break;
        case Life::starting: case Life::running: case Life::ready:
          plan_change(component, instance, now, previous_restart);
          break;
      }
    }
    plan_provision(component, starts);
  }

  std::vector<std::string> before_running(const Instance& instance) const {
    std::vector<std::string> after{"configure " + instance.name, "fetch " + instance.artifact, "supervise", "names", "network", "render"};
    for (const std::string& other : instance.after) {
      after.push_back("start " + other);
      after.push_back("restart " + other);
    }
    return after;
  }

  void plan_start(const Component& component, const Instance& instance, const ObservedInstance& now) {
    std::string reason = now.life == Life::failed ? "has failed" : "is not running";
    if (!now.detail.empty() && now.life == Life::failed) reason += ": " + now.detail;
    add({"start " + instance.name, Action::start, component.name, instance.name, reason, before_running(instance)});
  }

  /// A running instance: restart beats reload beats live settings. Restarts of one component go one after another, so
  /// that at most one member is down.
  void plan_change(const Component& component, const Instance& instance, const ObservedInstance& now, std::string& previous_restart) {
    std::vector<std::string> restarts, reloads;
    for (const ObservedFile& file : now.files) {
      const std::string why = file.path + " " + std::string(describe(file.state));
      switch (effect_of(instance, file)) {
        case Applies::live: break;
        case Applies::reload: (component.kind->verbs.reload != nullptr && observed_.reloads ? reloads : restarts).push_back(why); break;
        case Applies::restart: case Applies::rebuild: restarts.push_back(why); break;
      }
    }
    if (!now.running_command.empty() && now.running_command != now.wanted_command) restarts.push_back("its program, command, environment or limits changed");
    for (const LiveSetting& setting : now.live)
      if (!setting.settable) restarts.push_back(setting.name + " is " + setting.actual + ", should be " + setting.wanted + ", and cannot be changed live");
    if (!restarts.empty()) {
      Step step{"restart " + instance.name, Action::restart, component.name, instance.name, join(restarts, "; "), before_running(instance)};
      if (!previous_restart.empty()) step.after.push_back(previous_restart);
      previous_restart = step.id;
      return add(std::move(step));
    }
    if (!reloads.empty()) add({"reload " + instance.name, Action::reload, component.name, instance.name, join(reloads, "; "), {"configure " + instance.name}});
    // One after another: their order may matter, and Patroni refuses one of two changes that come at once (409).
    std::string previous_set;
    for (const LiveSetting& setting : now.live) {
      Step step{"set " + instance.name + " " + setting.name, Action::set, component.name, instance.name,
                setting.name + " is " + setting.actual + ", the blueprint says " + setting.wanted, {"configure " + instance.name, "reload " + instance.name}};
      if (!previous_set.empty()) step.after.push_back(previous_set);
      previous_set = step.id;
      step.live = setting;
      add(std::move(step));
    }
    if (now.life != Life::ready) add({"start " + instance.name, Action::start, component.name, instance.name, "runs but is not ready" + (now.detail.empty() ? "" : ": " + now.detail), before_running(instance)});
  }

  static const std::string& family_of(const Component& component) { return component.companion_of.empty() ? component.name : component.companion_of; }

  void plan_provision(const Component& component, bool starts) {
    if (component.kind->verbs.provision == nullptr) return;
    const auto found = observed_.provisions.find(component.name);
    std::vector<std::string> reasons;
    if (found != observed_.provisions.end())
      for (const Provision& provision : found->second) reasons.push_back(provision.what + " " + provision.reason);
    if (reasons.empty() && !starts) return;
    if (reasons.empty()) reasons.push_back("what is inside is checked once it runs");
    Step step{"provision " + component.name, Action::provision, component.name, component.name, join(reasons, "; "), {"secret " + component.name}};
    // A balancer is whole when what it serves runs: companions of one owner are waited for together.
    for (const Component& other : foundation_.components) {
      if (family_of(other) != family_of(component)) continue;
      for (const PlacedInstance& placed : instances_of(other)) {
        step.after.push_back("start " + placed.instance->name);
        step.after.push_back("restart " + placed.instance->name);
      }
    }
    add(std::move(step));
  }

  /// The supervisor is needed by every step that touches a process; alone (nothing else to do) it is still started.
  void plan_supervisor() {
    if (observed_.supervisor_running) return;
    add({"supervise", Action::supervise, "", "agent", "the agent is not running", {}});
  }

  /// `after` was written generously; what is not part of this plan holds already.
  void drop_absent_predecessors() {
    for (Step& step : steps_) {
      std::set<std::string> seen;
      std::erase_if(step.after, [&](const std::string& id) { return !planned(id) || !seen.insert(id).second; });
    }
  }

  /// Stable topological order: the steps as written, each as early as what it comes after allows.
  std::vector<Step> sorted() {
    std::vector<Step> out;
    std::set<std::string> done;
    std::vector<bool> taken(steps_.size(), false);
    while (out.size() < steps_.size()) {
      const std::size_t before = out.size();
      for (std::size_t i = 0; i < steps_.size(); ++i) {
        if (taken[i] || !std::all_of(steps_[i].after.begin(), steps_[i].after.end(), [&](const std::string& id) { return done.contains(id); })) continue;
        taken[i] = true;
        done.insert(steps_[i].id);
        out.push_back(steps_[i]);
      }
      if (out.size() == before) break;  // a cycle: resolve refuses those
    }
    return out;
  }

  const Foundation& foundation_;
  const Observed& observed_;
  std::vector<Step> steps_;
  std::set<std::string> ids_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::string_view name(Action action) { return kNames[static_cast<std::size_t>(action)].second; }

Plan make_plan(const Foundation& foundation, const Observed& observed) { return Planner(foundation, observed).run(); }

Json plan_json(const Foundation& foundation, const Plan& plan) {
  Json steps = Json::array();
  for (const Step& step : plan.steps) {
    Json after = Json::array();
    for (const std::string& id : step.after) after.push(id);
    steps.push(Json::object().set("id", step.id).set("component", step.component).set("action", name(step.action)).set("subject", step.subject).set("reason", step.reason).set("after", after));
  }
  Json warnings = Json::array();
  for (const std::string& warning : plan.warnings) warnings.push(warning);
  return Json::object().set("schema", "keelson.plan/v1").set("foundation", foundation.name).set("changes", static_cast<std::int64_t>(plan.steps.size()))
      .set("steps", steps).set("warnings", warnings);
}

}  // namespace keelson
