#pragma once
#include "base/result.h"
#include "client/client.h"
#include "operate/fault.h"

/// What a drill prepares before it strikes: planned stops and starts of one member, and who leads.
namespace keelson::operate {

/// The member's main instance, by the agent. Both block until it is so.
Result<void> stop_member(Standing& standing, const std::string& instance);
Result<void> start_member(Standing& standing, const std::string& instance, int within_ms);

/// Hands PostgreSQL's leadership from scene.leader to `member`, which is made the synchronous standby first where there is one: the others
/// stand down meanwhile. Blocks up to two minutes.
Result<void> make_it_lead(Scene& scene, const Member& member);

/// Starts every member of that component that does not run: what a killed drill left standing down. Does not wait.
Result<void> start_all(Standing& standing, const Component& component);

/// A replica, in the order of the members: the one to be prepared.
Result<const Member*> some_replica(const Scene& scene);
/// Null when it is gone.
const Member* member_named(const Component& component, const std::string& name);

}  // namespace keelson::operate
