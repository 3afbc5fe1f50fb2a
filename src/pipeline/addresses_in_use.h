#pragma once
#include <functional>
#include <string>
#include <vector>

#include "model/foundation.h"
#include "system/listeners.h"

namespace keelson {

/// An address and port the foundation will listen on.
struct WantedAddress {
  std::string whose;  ///< "redis-1 (redis)"
  std::string address;
  int port = 0;
};
/// All of them: ports of members, endpoints, published endpoints. Pure.
std::vector<WantedAddress> wanted_addresses(const Foundation& foundation);

/// Says whether a listening socket is the foundation's own.
using IsOurs = std::function<bool(const Listener&)>;

/// One wanted address that somebody else's listener is in the way of.
struct AddressInUse {
  WantedAddress wanted;
  Listener listener;
};
std::vector<AddressInUse> addresses_in_use(const std::vector<WantedAddress>& wanted, const std::vector<Listener>& listening, const IsOurs& ours);

/// Those that are no address of this machine, so that nobody can listen there: only published ones can be such.
std::vector<WantedAddress> foreign_addresses(const std::vector<WantedAddress>& wanted, const std::function<bool(const std::string&)>& can_listen);

/// Whether a process belongs to a foundation, also when no agent is there to say so: it lives in the foundation's cgroup
/// `keelson/<id>`, or works inside its state directory.
bool belongs_to(int pid, int foundation_id, const std::string& state_dir);

/// Preflight of `up`: fails with ErrorCode::preflight_refused, naming the first holder's pid and program and how many more
/// there are, so that nothing is started beside a listener that engines would fail on; the same for an address that is no address of
/// this machine. `ours` are pids known to be ours.
Result<void> refuse_unusable_addresses(const Foundation& foundation, int foundation_id, const std::string& state_dir, const std::vector<int>& ours);

}  // namespace keelson
