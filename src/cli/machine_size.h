#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "blueprint/blueprint.h"
#include "model/foundation.h"

namespace keelson::cli {

/// What a foundation asks for, summed over all members: the settings `storage` and `memory`, at whatever depth. Bytes.
struct Demand {
  std::int64_t storage = 0;
  std::int64_t memory = 0;
};
Demand demand_of(const Foundation& foundation);

/// What the machine offers. Bytes; `free_disk` is what an ordinary user may still write where the state lives.
struct Machine {
  std::int64_t free_disk = 0;
  std::int64_t memory = 0;
};
/// Reads /proc/meminfo and statvfs of `state_dir`, or of its nearest existing parent.
Result<Machine> this_machine(const std::string& state_dir);

/// Share of the memory that a foundation's engines may ask for: the rest is the page cache's and everybody else's.
constexpr int kMemoryShare = 60;

/// Why the machine is too small, "" when it is not. Pure.
std::string too_small(const Demand& demand, const Machine& machine);

/// "postgresql.storage: 100Gi -> 5Gi", one line per setting that two versions of a blueprint have different. Pure.
std::vector<std::string> changed_settings(const Blueprint& before, const Blueprint& after);

/// "1.5 GiB": for people, rounded.
std::string human_bytes(std::int64_t bytes);

}  // namespace keelson::cli
