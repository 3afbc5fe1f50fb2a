#include "pipeline/machine.h"

#include <unistd.h>

#include <algorithm>

#include "pipeline/locate.h"

namespace keelson {
namespace {

Result<std::string> read_listeners() {
  RealFiles files;
  return static_cast<Files&>(files).read("/proc/net/tcp");
}

}  // namespace

Result<std::unique_ptr<state::HostRegistry>> open_registry(RealMachine& machine) {
  return state::HostRegistry::open(base_dir(), machine.files, machine.clock, static_cast<int>(geteuid()), read_listeners);
}

Result<std::vector<state::HostClaim>> read_claims(RealMachine& machine) {
  KEELSON_TRY(const auto there, machine.files.info(base_dir() + "/host.db"));
  if (!there) return std::vector<state::HostClaim>{};
  KEELSON_TRY(const auto registry, open_registry(machine));
  return registry->list();
}

Result<std::vector<state::KnownName>> read_names(RealMachine& machine) {
  KEELSON_TRY(const auto there, machine.files.info(base_dir() + "/host.db"));
  if (!there) return std::vector<state::KnownName>{};
  KEELSON_TRY(const auto registry, open_registry(machine));
  return registry->names();
}

Result<state::HostClaim> claim_or_preview(RealMachine& machine, const std::string& foundation, const std::string& state_dir) {
  KEELSON_TRY(const std::vector<state::HostClaim> claims, read_claims(machine));
  int free = geteuid() == 0 ? 1 : 128;
  for (const state::HostClaim& claim : claims) {
    if (claim.foundation == foundation && claim.state_dir == state_dir) return claim;
    free = std::max(free, claim.id + 1);
  }
  return state::HostClaim{free, foundation, state_dir, "127.77." + std::to_string(free), 70'000 + free * 100, claims.empty()};
}

}  // namespace keelson
