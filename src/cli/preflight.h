#pragma once
#include <string>
#include <vector>

#include "cli/machine_size.h"
#include "pipeline/addresses_in_use.h"
#include "runtime/runtime.h"

namespace keelson::cli {

/// One row of `doctor`: what was looked at, what was seen, what to do about it.
using Finding = Fitness;
using Verdict = Fitness::Verdict;
std::string_view name(Verdict verdict);

/// What the machine can do, whatever the blueprint. Looks, changes nothing.
std::vector<Finding> inspect_machine();

/// Disk and memory against what the foundation asks for. Pure.
std::vector<Finding> judge_size(const Demand& demand, const Machine& machine);

/// Which wanted addresses somebody else holds, or are none of this machine's. `ours` are the pids of the foundation itself.
std::vector<Finding> judge_addresses(const std::vector<WantedAddress>& wanted, const std::vector<Listener>& listening, const std::vector<int>& ours);

}  // namespace keelson::cli
