#pragma once
#include <string>
#include <vector>

#include "cli/listeners.h"
#include "cli/machine_size.h"
#include "model/foundation.h"

namespace keelson::cli {

enum class Verdict { ok, warn, fail };
std::string_view name(Verdict verdict);

/// One row of `doctor`: what was looked at, what was seen, what to do about it.
struct Finding {
  std::string name;
  Verdict verdict = Verdict::ok;
  std::string evidence;
  std::string next = {};
};

/// What the machine can do, whatever the blueprint. Looks, changes nothing.
std::vector<Finding> inspect_machine();

/// Disk and memory against what the foundation asks for. Pure.
std::vector<Finding> judge_size(const Demand& demand, const Machine& machine);

/// Every address and port the foundation will listen on.
struct WantedAddress {
  std::string whose;  ///< "redis-1 (redis)"
  std::string address;
  int port = 0;
};
std::vector<WantedAddress> wanted_addresses(const Foundation& foundation);

/// Which of them somebody else holds. `ours` are the pids of the foundation itself.
std::vector<Finding> judge_addresses(const std::vector<WantedAddress>& wanted, const std::vector<Listener>& listening, const std::vector<int>& ours);

}  // namespace keelson::cli
