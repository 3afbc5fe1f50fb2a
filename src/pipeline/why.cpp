#include "pipeline/why.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/units.h"

namespace keelson {
namespace {

using Links = std::vector<Cause>;

const std::string kUp = "keelson up";

std::string with(const std::string& what, const std::string& detail) { return detail.empty() ? what : what + ": " + detail; }

/// What its life says of an instance that is not ready, and what to do when nothing deeper is found.
Cause cause_of(const InstanceStatus& seen) {
  const std::string logs = "keelson logs " + seen.name;
  switch (seen.life) {
    case Life::absent: return {seen.name, with("is not there", seen.detail), kUp};
    case Life::stopped: return {seen.name, with("is not running", seen.detail), kUp};
    case Life::stopping: return {seen.name, with("is being stopped", seen.detail), kUp};
    case Life::failed: return {seen.name, with("has failed", seen.detail), logs};
    case Life::starting: return {seen.name, with("is starting", seen.detail), "keelson wait"};
    case Life::running: return {seen.name, with("runs, but is not ready", seen.detail), logs};
    case Life::ready: break;
  }
  return {seen.name, "is ready"};
}

/// An instance that runs, or tries to, may be waiting for what it needs; one that nobody started is not.
bool may_wait_for_others(Life life) {
  switch (life) {
    case Life::starting: case Life::running: case Life::failed: return true;
    case Life::absent: case Life::stopped: case Life::stopping: case Life::ready: return false;
  }
  return false;
}

Cause cause_of(const Error& error) {
  return {error.where.empty() ? std::string("keelson") : error.where, with(error.what, error.why), error.next.empty() ? std::string("keelson doctor") : error.next};
}

std::string of_them(std::size_t ready, std::size_t all) {
  return std::to_string(ready) + " of " + std::to_string(all) + (all == 1 ? " member is ready" : " members are ready");
}

/// What a name means; all empty = the whole foundation.
struct Thing {
  const Endpoint* endpoint = nullptr;
  const Component* component = nullptr;
  const Member* member = nullptr;
  const Instance* instance = nullptr;
};

Result<Thing> thing_of(const Foundation& foundation, const std::string& name) {
  if (const Endpoint* endpoint = find_endpoint(foundation, name)) return Thing{.endpoint = endpoint};
  std::vector<std::string> known{foundation.name};
  for (const Endpoint& endpoint : foundation.endpoints) known.push_back(endpoint.name);
  for (const Component& component : foundation.components) {
    if (component.name == name) return Thing{.component = &component};
    known.push_back(component.name);
    for (const Member& member : component.members) {
      if (member.name == name) return Thing{.component = &component, .member = &member};
      known.push_back(member.name);
      for (const Instance& instance : member.instances) {
        if (instance.name == name) return Thing{.component = &component, .member = &member, .instance = &instance};
        known.push_back(instance.name);
      }
    }
  }
  if (name == foundation.name) return Thing{};
  const std::string near = nearest(name, known);
  return fail_as(ErrorCode::usage, "no endpoint, component, member or instance '" + name + "'", {}, {}, near.empty() ? "see `keelson status`" : "did you mean '" + near + "'?");
}

/// Walks from one thing to what it rests on. Everything is entered once, so that edges may lead in circles.
class Explainer {
 public:
  explicit Explainer(const Evidence& evidence) : evidence_(evidence), foundation_(evidence.foundation) {
    for (const InstanceStatus& one : *evidence.instances) seen_[one.name] = &one;
    status_ = status_json(foundation_, *evidence.instances);
  }

  Chain explain(const std::string& subject, const Thing& thing) {
    Chain out = chain_of(subject, thing);
    keep(out.links, headed({subject, "is well itself, but what is around it is not as it should be"}, of_what_is_shared()));
    if (!evidence_.plan) refuse(out, evidence_.plan.error());
    out.also = std::move(also_);
    out.looked_at = std::move(looked_at_);
    if (out.health == Health::healthy && !out.links.empty()) out.health = Health::degraded;
    return out;
  }

 private:
  Chain chain_of(const std::string& subject, const Thing& thing) {
    if (thing.endpoint != nullptr) return {subject, health("endpoints", subject), of_endpoint(*thing.endpoint)};
    if (thing.component == nullptr) return {subject, health_of(status_["state"].as_string()), of_everything()};
    if (thing.member == nullptr) return {subject, health("components", subject), of_component(*thing.component)};
    const Health member = health(*thing.component, *thing.member);
    if (thing.instance == nullptr) return {subject, member, of_member(*thing.component, *thing.member)};
    return {subject, member, of_instance({thing.component, thing.member, thing.instance})};
  }

  /// Nothing else is mended as long as an `up` is refused.
  void refuse(Chain& chain, const Errors& errors) {
    if (chain.links.empty()) chain.links.push_back({chain.subject, "is well itself, but cannot be compared with its blueprint"});
    chain.links.push_back(cause_of(errors.front()));
    for (std::size_t i = 1; i < errors.size(); ++i) also_.push_back(cause_of(errors[i]));
  }

  Links of_everything() {
    entered_.insert(foundation_.name);
    Links first;
    for (const Endpoint& endpoint : foundation_.endpoints) keep(first, of_endpoint(endpoint));
    for (const Component& component : foundation_.components) keep(first, of_component(component));
    for (const Step& step : steps())
      if (step.action == Action::remove) keep(first, {because(step)});
    return headed({foundation_.name, "not all of it is well"}, std::move(first));
  }

  /// As an endpoint's clients see it, then all that it rests on.
  Links of_endpoint(const Endpoint& endpoint) {
    if (!enter(endpoint.name)) return {};
    const Component* owner = find_component(foundation_, endpoint.component);
    const Component* balancer = balancer_of(foundation_, endpoint);
    Links behind = owner == nullptr ? Links{} : of_component(*owner);
    Links before = balancer == nullptr ? Links{} : of_component(*balancer);
    const bool unreached = balancer != nullptr && ready_in(*balancer) == 0;
    Links first = unreached ? std::move(before) : std::move(behind);
    keep(first, unreached ? std::move(behind) : std::move(before));
    if (is_healthy("endpoints", endpoint.name)) return headed({endpoint.name, "works, but not all that it rests on is well"}, std::move(first));
    Links out{{endpoint.name, unreached ? "its balancer does not answer" : nobody_serves(endpoint, owner), "keelson logs " + endpoint.component}};
    if (first.empty() && owner != nullptr) first = refused_release(owner->name);
    out.insert(out.end(), first.begin(), first.end());
    return out;
  }

  Links of_component(const Component& component) {
    if (!enter(component.name)) return {};
    Links first;
    for (const PlacedInstance& placed : instances_of(component)) keep(first, of_instance(placed));
    for (const Step& step : steps())
      if (step.component == component.name && find_instance(foundation_, step.subject) == nullptr && !waits_only(step)) keep(first, {because(step)});
    for (const Component* needed : needed_by(component)) keep(first, of_component(*needed));
    const std::size_t ready = ready_in(component), all = component.members.size();
    return headed({component.name, ready == all ? "is ready, but not all of it is as it should be" : of_them(ready, all)}, std::move(first));
  }

  Links of_member(const Component& component, const Member& member) {
    Links first;
    for (const Instance& instance : member.instances) keep(first, of_instance({&component, &member, &instance}));
    return first;
  }

  Links of_instance(const PlacedInstance& placed) {
    const std::string& name = placed.instance->name;
    if (!entered_.insert("instance " + name).second) return {};
    looked_at(name);
    const InstanceStatus now = status_of(name);
    if (now.life == Life::ready) {
      const Step* changed = change_of(name);
      return changed == nullptr ? Links{} : Links{because(*changed)};
    }
    Links out{cause_of(now)};
    Links deeper = refused_release(placed.component->name, placed.member->name);
    if (deeper.empty() && may_wait_for_others(now.life)) deeper = of_what_is_lost(*placed.component);
    if (deeper.empty())
      if (const Step* changed = change_of(name)) deeper = {because(*changed)};
    out.insert(out.end(), deeper.begin(), deeper.end());
    return out;
  }

  /// What is about the whole: the policy, names, files all containers share.
  Links of_what_is_shared() const {
    Links out;
    for (const Step& step : steps())
      if (step.component.empty() && step.action != Action::remove && step.action != Action::supervise) out.push_back(because(step));
    return out;
  }

  /// The first that is found goes on; what else there is, is told beside it.
  void keep(Links& first, Links found) {
    if (first.empty()) first = std::move(found);
    else if (!found.empty()) also_.push_back(std::move(found.back()));
  }

  bool enter(const std::string& name) {
    looked_at(name);
    return entered_.insert(name).second;
  }

  void looked_at(const std::string& name) {
    if (std::find(looked_at_.begin(), looked_at_.end(), name) == looked_at_.end()) looked_at_.push_back(name);
  }

  static Links headed(Cause head, Links rest) {
    if (!rest.empty()) rest.insert(rest.begin(), std::move(head));
    return rest;
  }

  const std::vector<Step>& steps() const {
    static const std::vector<Step> kNone;
    return evidence_.plan ? evidence_.plan->steps : kNone;
  }

  Cause because(const Step& step) const {
    if (find_instance(foundation_, step.subject) != nullptr) return {step.subject, step.reason, kUp};
    return {step.component.empty() ? foundation_.name : step.component, step.id + ": " + step.reason, kUp};
  }

  /// Not a difference, but what follows from another step: what is inside is looked at once it runs.
  bool waits_only(const Step& step) const {
    const auto starts_it = [&](const Step& other) { return other.component == step.component && other.action == Action::start; };
    return step.action == Action::provision && std::any_of(steps().begin(), steps().end(), starts_it);
  }

  /// The first that is different about an instance. That it does not run is no reason for itself.
  const Step* change_of(const std::string& instance) const {
    for (const Step& step : steps())
      if (step.subject == instance && step.action != Action::start) return &step;
    return nullptr;
  }

  InstanceStatus status_of(const std::string& instance) const {
    const auto found = seen_.find(instance);
    return found == seen_.end() ? InstanceStatus{.name = instance, .life = Life::stopped} : *found->second;
  }

  bool is_ready(const Member& member) const {
    return !member.instances.empty() && std::all_of(member.instances.begin(), member.instances.end(), [&](const Instance& one) { return status_of(one.name).life == Life::ready; });
  }

  std::size_t ready_in(const Component& component) const {
    return static_cast<std::size_t>(std::count_if(component.members.begin(), component.members.end(), [&](const Member& member) { return is_ready(member); }));
  }

  /// Where its edges lead, but to itself.
  std::vector<const Component*> needed_by(const Component& component) const {
    std::vector<const Component*> out;
    for (const Edge& edge : foundation_.edges) {
      if (edge.from != component.name) continue;
      const Endpoint* endpoint = find_endpoint(foundation_, edge.to);
      const Component* needed = find_component(foundation_, endpoint == nullptr ? edge.to : endpoint->component);
      if (needed != nullptr && needed != &component) out.push_back(needed);
    }
    return out;
  }

  Links of_what_is_lost(const Component& component) {
    for (const Component* needed : needed_by(component))
      if (ready_in(*needed) * 2 < needed->members.size())
        if (Links found = of_component(*needed); !found.empty()) return found;
    return {};
  }

  /// The newest word on a leadership that was not given up, unless the member has begun since; of a component, unless somebody leads since.
  Links refused_release(const std::string& component, const std::string& member = {}) const {
    for (auto event = evidence_.events.rbegin(); event != evidence_.events.rend(); ++event) {
      const Json& one = *event;
      if (one["component"].as_string() != component || (!member.empty() && one["member"].as_string() != member)) continue;
      const std::string& kind = one["kind"].as_string();
      const bool leads = (kind == "ready" || kind == "role") && one["reason"].as_string().ends_with("primary");
      if (member.empty() ? leads : kind == "ready" || kind == "started") return {};
      if (kind != "leader-release") continue;
      const std::string& condition = one["failed_condition"].as_string();
      if (condition.empty()) return {};
      return {{one["member"].as_string(), "its leadership was not given up (" + condition + "): " + one["reason"].as_string(), "keelson events"}};
    }
    return {};
  }

  std::string nobody_serves(const Endpoint& endpoint, const Component* owner) const {
    if (owner == nullptr || ready_in(*owner) == 0) return "no member of " + endpoint.component + " is ready";
    return endpoint.read_only ? "no replica of " + endpoint.component + " is ready" : "no member of " + endpoint.component + " that is ready leads";
  }

  const Json* row_of(const std::string& list, const std::string& name) const {
    for (const Json& row : status_[list].items())
      if (row["name"].as_string() == name) return &row;
    return nullptr;
  }

  Health health(const std::string& list, const std::string& name) const {
    const Json* row = row_of(list, name);
    return row == nullptr ? Health::unknown : health_of((*row)["state"].as_string());
  }

  Health health(const Component& component, const Member& member) const {
    for (const Json& row : (*row_of("components", component.name))["members"].items())
      if (row["name"].as_string() == member.name) return health_of(row["state"].as_string());
    return Health::unknown;
  }

  static Health health_of(const std::string& word) {
    for (int i = 0; i <= static_cast<int>(Health::unknown); ++i)
      if (name(static_cast<Health>(i)) == word) return static_cast<Health>(i);
    return Health::unknown;
  }

  bool is_healthy(const std::string& list, const std::string& name) const { return health(list, name) == Health::healthy; }

  const Evidence& evidence_;
  const Foundation& foundation_;
  std::map<std::string, const InstanceStatus*> seen_;
  Json status_;
  std::set<std::string> entered_;
  std::vector<std::string> looked_at_;
  Links also_;
};

/// Nobody answers: what the runtime says is the cause, and what would refuse an `up` comes before it.
Chain unseen(const Evidence& evidence, const std::string& subject) {
  Chain out{subject, Health::unknown, {{subject, "nobody can say how it is"}}};
  const Error& asked = evidence.instances.error();
  Cause silent = cause_of(asked);
  if (silent.subject == "keelson") silent.subject = evidence.foundation.name;
  if (asked.code == ErrorCode::not_running) silent.next = kUp;
  out.links.push_back(std::move(silent));
  if (!evidence.plan && evidence.plan.error().front().what != asked.what) out.links.push_back(cause_of(evidence.plan.error().front()));
  return out;
}

}  // namespace

std::string Chain::next() const {
  for (auto link = links.rbegin(); link != links.rend(); ++link)
    if (!link->next.empty()) return link->next;
  return {};
}

Result<Chain> explain_state(const Evidence& evidence, const std::string& thing) {
  const std::string subject = thing.empty() ? evidence.foundation.name : thing;
  KEELSON_TRY(const Thing meant, thing_of(evidence.foundation, subject));
  return evidence.instances ? Explainer(evidence).explain(subject, meant) : unseen(evidence, subject);
}

Json why_json(const Foundation& foundation, const Chain& chain) {
  const auto listed = [](const Links& links) {
    Json out = Json::array();
    for (const Cause& cause : links) out.push(Json::object().set("subject", cause.subject).set("what", cause.what));
    return out;
  };
  Json looked_at = Json::array();
  for (const std::string& name : chain.looked_at) looked_at.push(name);
  return Json::object()
      .set("foundation", foundation.name)
      .set("subject", chain.subject)
      .set("state", Json(name(chain.health)))
      .set("chain", listed(chain.links))
      .set("also", listed(chain.also))
      .set("next", chain.next())
      .set("looked_at", std::move(looked_at));
}

}  // namespace keelson
