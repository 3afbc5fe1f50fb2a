#include "operate/staging.h"

#include <algorithm>

#include "operate/engine.h"
#include "operate/postgresql_switchover.h"
#include "runtime/native/agent_client.h"

namespace keelson::operate {
namespace {

constexpr int kStopMs = 60'000, kStartMs = 60'000, kChosenMs = 30'000;

native::AgentClient agent_of(const Standing& standing) { return native::AgentClient(standing.state_dir + "/agent/agent.sock"); }

/// Patroni keeps its synchronous standby as long as that streams: while the others are away it chooses the one that is meant.
Result<void> make_it_the_synchronous_standby(Scene& scene, const Member& meant) {
  for (const Member& other : scene.component.members) {
    if (&other == &meant || &other == &scene.leader) continue;
    const std::string& instance = other.instances.front().name;
    KEELSON_CHECK(stop_member(scene.standing, instance));
    const bool chosen = clients::eventually(kChosenMs, [&] { return synchronous_standby(scene.standing, scene.leader).value_or("") == meant.name; });
    KEELSON_CHECK(start_member(scene.standing, instance, kStartMs));
    if (!chosen) return fail(meant.name + " did not become the synchronous standby", scene.component.name);
  }
  return {};
}

}  // namespace

Result<void> stop_member(Standing& standing, const std::string& instance) {
  KEELSON_CHECK(agent_of(standing).stop(instance));
  return agent_of(standing).wait(instance, Life::stopped, kStopMs, {});
}

Result<void> start_member(Standing& standing, const std::string& instance, int within_ms) {
  KEELSON_CHECK(agent_of(standing).start(instance));
  return agent_of(standing).wait(instance, Life::ready, within_ms, {});
}

Result<void> start_all(Standing& standing, const Component& component) {
  for (const Member& member : component.members) KEELSON_CHECK(agent_of(standing).start(member.instances.front().name));
  return {};
}

Result<void> make_it_lead(Scene& scene, const Member& member) {
  if (text(scene.component.settings, "durability") == "synchronous") KEELSON_CHECK(make_it_the_synchronous_standby(scene, member));
  Scene staged{scene.standing, scene.component, scene.leader, &member};
  return find_engine(scene.component.kind->name)->hand_over(staged);
}

Result<const Member*> some_replica(const Scene& scene) {
  for (const Member& member : scene.component.members)
    if (&member != &scene.leader) return &member;
  return fail_as(ErrorCode::preflight_refused, scene.component.name + " has no other member");
}

const Member* member_named(const Component& component, const std::string& name) {
  const auto found = std::find_if(component.members.begin(), component.members.end(), [&name](const Member& one) { return one.name == name; });
  return found == component.members.end() ? nullptr : &*found;
}

}  // namespace keelson::operate
