#pragma once
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "verify/procfs.h"

namespace keelson::checks {

/// What a container looks like from inside: what `keelson look` prints there, for checks that natively look at this machine's own processes.
struct ContainerLook {
  std::vector<ProcessRights> processes;  ///< all but the one that looks
  std::vector<Listener> listeners;       ///< of its network namespace, without Docker's name server (127.0.0.11)
  bool root_writable = false;            ///< / is not mounted read-only
  std::vector<std::string> open;         ///< of the places it was asked to dial: those that took a TCP connection, "10.77.160.2:6379"
};

/// Looks around in this very namespace. `places` are "ADDRESS:PORT"; each is dialled for at most a second, all at once.
ContainerLook look_around(const std::vector<std::string>& places);

Json look_json(const ContainerLook& look);
Result<ContainerLook> parse_look(const std::string& text);

}  // namespace keelson::checks
