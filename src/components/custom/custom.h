#pragma once
#include "component/kind.h"

namespace keelson {

/// Kind `custom`: a program of the user's own, run beside the engines as a member of the foundation: own user and cgroup,
/// supervised and probed like them, allowed to reach the endpoints it names under `uses`, its secrets handed to it as files.
extern const Kind kCustom;

}  // namespace keelson
