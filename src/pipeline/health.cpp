#include "pipeline/health.h"

#include <algorithm>
#include <array>
#include <map>

namespace keelson {
namespace {

constexpr std::array<std::string_view, 8> kStates{"healthy", "degraded", "down", "starting", "stopped", "failed", "paused", "unknown"};
static_assert(kStates.size() == static_cast<std::size_t>(Health::unknown) + 1, "one word per Health, in the order of the enum");

using ByName = std::map<std::string_view, const InstanceStatus*>;

Health state_of(Life life) {
  switch (life) {
    case Life::absent: return Health::stopped;
    case Life::stopped: return Health::stopped;
    case Life::starting: return Health::starting;
    case Life::running: return Health::starting;  // it runs, its probe does not say ready
    case Life::ready: return Health::healthy;
    case Life::stopping: return Health::down;
    case Life::failed: return Health::failed;
  }
  return Health::unknown;
}

/// Among instances of one member the worst wins: failed says most, then what is gone, then what is on its way.
int badness(Health state) {
  switch (state) {
    case Health::healthy: return 0;
    case Health::paused: return 1;
    case Health::degraded: return 2;
    case Health::starting: return 3;
    case Health::unknown: return 4;
    case Health::stopped: return 5;
    case Health::down: return 6;
    case Health::failed: return 7;
  }
  return 7;
}

Health worse(Health a, Health b) { return badness(a) >= badness(b) ? a : b; }

/// All healthy -> healthy; some -> degraded; none -> what they have in common, else the worst but never below `down`.
Health together(const std::vector<Health>& parts) {
  if (parts.empty()) return Health::healthy;
  const auto count = [&](Health state) { return std::count(parts.begin(), parts.end(), state); };
  const auto all = static_cast<std::ptrdiff_t>(parts.size());
  if (count(Health::healthy) == all) return Health::healthy;
  if (count(Health::healthy) + count(Health::degraded) > 0) return Health::degraded;
  Health worst = Health::healthy;
  for (Health part : parts) worst = worse(worst, part);
  if (count(worst) == all || worst == Health::failed || worst == Health::starting) return worst;
  return count(Health::starting) > 0 ? Health::starting : Health::down;
}

struct MemberView {
  const Member* member = nullptr;
  Health state = Health::unknown;
  std::string role = {};
  std::vector<int> pids = {};
};

MemberView view_of(const Member& member, const ByName& by_name) {
  MemberView view{&member, Health::healthy};
  if (member.instances.empty()) view.state = Health::stopped;
  for (const Instance& instance : member.instances) {
    const auto found = by_name.find(instance.name);
    if (found == by_name.end()) {
      view.state = worse(view.state, Health::stopped);
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
  if (view.state != Health::healthy) return false;
  if (view.role.empty()) return true;
  return endpoint.read_only ? view.role == "replica" : view.role == "primary";
}

Health endpoint_state(const Foundation& foundation, const Endpoint& endpoint, const std::map<std::string_view, std::vector<MemberView>>& views) {
  const auto members = views.find(endpoint.component);
  if (members == views.end()) return Health::unknown;
  const bool served = std::any_of(members->second.begin(), members->second.end(), [&](const MemberView& v) { return fits(v, endpoint); });

  const Component* owner = find_component(foundation, endpoint.component);
  const std::string owner_name = owner == nullptr || owner->companion_of.empty() ? endpoint.component : owner->companion_of;
  const Component* balancer = find_companion(foundation, owner_name, "haproxy");
  Health balanced = Health::healthy;
  if (balancer != nullptr) {
    balanced = Health::stopped;
    for (const MemberView& view : views.at(balancer->name)) balanced = view.state == Health::healthy ? Health::healthy : view.state;
  }
  if (served && balanced == Health::healthy) return Health::healthy;
  std::vector<Health> states;
  for (const MemberView& view : members->second) states.push_back(view.state);
  const bool nothing_runs = std::all_of(states.begin(), states.end(), [](Health s) { return s == Health::stopped; });
  if (nothing_runs && (balancer == nullptr || balanced == Health::stopped)) return Health::stopped;
  if (balanced == Health::starting || together(states) == Health::starting) return Health::starting;
  return Health::down;
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

using EndpointState = Health (*)(const Foundation&, const Endpoint&, const std::map<std::string_view, std::vector<MemberView>>&);

Json build(const Foundation& foundation, const std::map<std::string_view, std::vector<MemberView>>& views, EndpointState endpoint_state_of) {
  Json components = Json::array();
  std::vector<Health> parts;
  for (const Component& component : foundation.components) {
    Json members = Json::array();
    std::vector<Health> states;
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
    const Health state = endpoint_state_of(foundation, endpoint, views);
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

std::string_view name(Health state) { return kStates[static_cast<std::size_t>(state)]; }

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
    for (const Member& member : component.members) list.push_back({&member, Health::unknown});
  }
  return build(foundation, views, [](const Foundation&, const Endpoint&, const auto&) { return Health::unknown; });
}

bool is_healthy(const Json& status) { return status["state"].as_string() == name(Health::healthy); }

}  // namespace keelson
