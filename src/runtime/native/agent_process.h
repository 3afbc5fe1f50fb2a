#pragma once
#include <array>

namespace keelson::native {

// What guardian, agent and whoever starts them agree on.

constexpr int kToldToEnd = 0;     ///< the agent was told to: the guardian ends too
constexpr int kLocked = 7;        ///< another agent has the lock: the guardian ends too
constexpr int kCannotBegin = 78;  ///< nothing was supervised yet: a guardian's first agent is not tried again
/// Number of a pipe's end: the agent writes "ok" or an error as JSON into it.
constexpr const char* kReadyVariable = "KEELSON_READY_FD";
/// Set for an agent whose parent is a guardian.
constexpr const char* kGuardianVariable = "KEELSON_GUARDIAN";

/// What a command line of keelson finds its places by: kept for the repairs that the agent starts (damage_repair.h).
inline constexpr std::array kPlaceVariables{"KEELSON_BASE_DIR", "KEELSON_ARTIFACT_DIR", "XDG_STATE_HOME", "HOME"};

/// Opens /dev/null on those of 0, 1 and 2 that are closed, so that no socket ever becomes somebody's stdout.
void keep_stdio_open();

}  // namespace keelson::native
