#include "cli/status_view.h"

#include <algorithm>
#include <array>
#include <map>

namespace keelson::cli {
namespace {

constexpr std::array<std::string_view, 8> kStates{"healthy", "degraded", "down", "starting", "stopped", "failed", "paused", "unknown"};
static_assert(kStates.size() == static_cast<std::size_t>(State::unknown) + 1, "one word per State, in the order of the enum");

using ByName = std::map<std::string_view, const InstanceStatus*>;

State state_of(Life life) {
  switch (life) {
    case Life::absent: return State::stopped;
    case Life::stopped: return State::stopped;
    case Life::starting: return State::starting;
    case Life::running: return State::starting;  // it runs, its probe does not say ready
    case Life::ready: return State::healthy;
    case Life::stopping: return State::down;
    case Life::failed: return State::failed;
  }
  return State::unknown;
}

/// Among instances of one member the worst wins: failed says most, then what is gone, then what is on its way.
int badness(State state) {
  switch (state) {
    case State::healthy: return 0;
    case State::paused: return 1;
    case State::degraded: return 2;
    case State::starting: return 3;
    case State::unknown: return 4;
    case State::stopped: return 5;
    case State::down: return 6;
    case State::failed: return 7;
  }
  return 7;
}

State worse(State a, State b) { return badness(a) >= badness(b) ? a : b; }

/// All healthy -> healthy; some -> degraded; none -> what they have in common, else the worst but never below `down`.
State together(const std::vector<State>& parts) {
  if (parts.empty()) return State::healthy;
  const auto count = [&](State state) { return std::count(parts.begin(), parts.end(), state); };
  const auto all = static_cast<std::ptrdiff_t>(parts.size());
  if (count(State::healthy) == all) return State::healthy;
  if (count(State::healthy) + count(State::degraded) > 0) return State::degraded;
  State worst = State::healthy;
  for (State part : parts) worst = worse(worst, part);
  if (count(worst) == all || worst == State::failed || worst == State::starting) return worst;
  return count(State::starting) > 0 ? State::starting : State::down;
}

struct MemberView {
  const Member* member = nullptr;
  State state = State::unknown;
  std::string role = {};
  std::vector<int> pids = {};
};

MemberView view_of(const Member& member, const ByName& by_name) {
  MemberView view{&member, State::healthy};
  if (member.instances.empty()) view.state = State::stopped;
  for (const Instance& instance : member.instances) {
    const auto found = by_name.find(instance.name);
    if (found == by_name.end()) {
      view.state = worse(view.state, State::stopped);
      continue;
    }
    const InstanceStatus& status = *found->second;
    view.state = worse(view.state, state_of(status.life));
    if (!status.role.empty()) view.role = status.role;
    view.pids.insert(view.pids.end(), status.pids.begin(), status.pids.end());
  }
  return view;
}

/// A reader needs any ready replica, a writer the ready primary; where the kind knows no roles, anyone ready will do.
bool fits(const MemberView& view, const Endpoint& endpoint) {
  if (view.state != State::healthy) return false;
  if (view.role.empty()) return true;
  return endpoint.read_only ? view.role == "replica" : view.role == "primary";
}

State endpoint_state(const Foundation& foundation, const Endpoint& endpoint, const std::map<std::string_view, std::vector<MemberView>>& views) {
  const auto members = views.find(endpoint.component);
  if (members == views.end()) return State::unknown;
  const bool served = std::any_of(members->second.begin(), members->second.end(), [&](const MemberView& v) { return fits(v, endpoint); });

  const Component* owner = find_component(foundation, endpoint.component);
  const std::string owner_name = owner == nullptr || owner->companion_of.empty() ? endpoint.component : owner->companion_of;
  const Component* balancer = find_companion(foundation, owner_name, "haproxy");
  State balanced = State::healthy;
  if (balancer != nullptr) {
    balanced = State::stopped;
    for (const MemberView& view : views.at(balancer->name)) balanced = view.state == State::healthy ? State::healthy : view.state;
  }
  if (served && balanced == State::healthy) return State::healthy;
  std::vector<State> states;
  for (const MemberView& view : members->second) states.push_back(view.state);
  const bool nothing_runs = std::all_of(states.begin(), states.end(), [](State s) { return s == State::stopped; });
  if (nothing_runs && (balancer == nullptr || balanced == State::stopped)) return State::stopped;
  if (balanced == State::starting || together(states) == State::starting) return State::starting;
  return State::down;
}

Json member_json(const MemberView& view) {
  Json pids = Json::array();
  for (int pid : view.pids) pids.push(pid);
  return Json::object()
      .set("name", view.member->name)
      .set("role", view.role)
      .set("state", Json(name(view.state)))
      .set("address", view.member->address)
      .set("pids", std::move(pids));
}

using EndpointState = State (*)(const Foundation&, const Endpoint&, const std::map<std::string_view, std::vector<MemberView>>&);

Json build(const Foundation& foundation, const std::map<std::string_view, std::vector<MemberView>>& views, EndpointState endpoint_state_of) {
  Json components = Json::array();
  std::vector<State> parts;
  for (const Component& component : foundation.components) {
    Json members = Json::array();
    std::vector<State> states;
    for (const MemberView& view : views.at(component.name)) {
      states.push_back(view.state);
      members.push(member_json(view));
    }
    parts.push_back(together(states));
    components.push(Json::object()
                        .set("name", component.name)
                        .set("kind", Json(component.kind == nullptr ? std::string_view() : component.kind->name))
                        .set("state", Json(name(parts.back())))
                        .set("members", std::move(members)));
  }
  Json endpoints = Json::array();
  for (const Endpoint& endpoint : foundation.endpoints) {
    const State state = endpoint_state_of(foundation, endpoint, views);
    parts.push_back(state);
    endpoints.push(Json::object()
                       .set("name", endpoint.name)
                       .set("address", endpoint.address)
                       .set("port", endpoint.port)
                       .set("state", Json(name(state))));
  }
  return Json::object()
      .set("foundation", foundation.name)
      .set("state", Json(name(together(parts))))
      .set("components", std::move(components))
      .set("endpoints", std::move(endpoints));
}

}  // namespace

std::string_view name(State state) { return kStates[static_cast<std::size_t>(state)]; }

Json status_json(const Foundation& foundation, const std::vector<InstanceStatus>& instances) {
  ByName by_name;
  for (const InstanceStatus& instance : instances) by_name[instance.name] = &instance;
  std::map<std::string_view, std::vector<MemberView>> views;
  for (const Component& component : foundation.components) {
    auto& list = views[component.name];
    for (const Member& member : component.members) list.push_back(view_of(member, by_name));
  }
  return build(foundation, views, endpoint_state);
}

Json unknown_status_json(const Foundation& foundation) {
  std::map<std::string_view, std::vector<MemberView>> views;
  for (const Component& component : foundation.components) {
    auto& list = views[component.name];
    for (const Member& member : component.members) list.push_back({&member, State::unknown});
  }
  return build(foundation, views, [](const Foundation&, const Endpoint&, const auto&) { return State::unknown; });
}

bool is_healthy(const Json& status) { return status["state"].as_string() == name(State::healthy); }

}  // namespace keelson::cli
