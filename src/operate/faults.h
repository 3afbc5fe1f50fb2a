#pragma once
#include <string>
#include <vector>

#include "operate/fault.h"
#include "operate/processes.h"

/// The faults that exist, for the engines' lists. What each does is said in its value.
namespace keelson::operate {

extern const Fault kFailover;
extern const Fault kUnattended;
extern const Fault kPause;
extern const Fault kSwitchover;
extern const Fault kAgentKill;
extern const Fault kPartition;       // partition_faults.cpp
extern const Fault kPatroniKill;     // postgresql_faults.cpp
extern const Fault kPostmasterKill;
extern const Fault kDiskFull;        // disk_full_fault.cpp
extern const Fault kClock;           // clock_fault.cpp
extern const Fault kEtcdLeader;    // etcd_faults.cpp
extern const Fault kEtcdMajority;

/// What several of them do.
Json instances_json(const std::vector<std::string>& names);
/// The processes of the instances in `chosen["instances"]`.
Result<Held> held_of(Standing& standing, const Json& chosen);
/// Chooses every instance of the leader.
Result<Json> choose_leader(Scene& scene);
/// Kills all of them at once and waits for the kernel's word that they have ended.
Result<Struck> kill_all(const Held& held);
/// The same with the chosen instances, or those of their processes whose command line holds `word`. In a container its first process, which only the
/// container's runtime ends, is spared.
Result<Struck> kill_chosen(Scene& scene, const Json& chosen, const std::string& word);
Result<Struck> kill_chosen(Scene& scene, const Json& chosen);  ///< all of them
/// Stops all of them (SIGSTOP) and waits until each stands still; `lift` continues whatever processes the instances have then.
Result<Struck> stop_all(Scene& scene, const Json& chosen);
Result<void> continue_all(Standing& standing, const Json& chosen);
/// For `held_enough`: a member leads that did not.
bool another_leads(Scene& scene);

}  // namespace keelson::operate
