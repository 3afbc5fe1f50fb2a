#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/host_registry.h"
#include "system/clock.h"
#include "system/commands.h"
#include "system/files.h"
#include "system/random.h"

namespace keelson {

/// The real machine, shared by everything in this process.
struct RealMachine {
  RealFiles real_files;
  RealCommands real_commands;
  RealRandom real_random;
  RealClock real_clock;
  Files& files = real_files;
  Commands& commands = real_commands;
  Random& random = real_random;
  Clock& clock = real_clock;
};

/// Who has which addresses and uids on this host. Makes the file when there is none.
Result<std::unique_ptr<state::HostRegistry>> open_registry(RealMachine& machine);

/// The claims on this host; none when nothing was ever brought up. Creates nothing.
Result<std::vector<state::HostClaim>> read_claims(RealMachine& machine);

/// The foundations that this host knows by name, as `read_claims` does.
Result<std::vector<state::KnownName>> read_names(RealMachine& machine);

/// The claim a foundation has, or one like it would get: good enough to plan with before it has any. Creates nothing.
Result<state::HostClaim> claim_or_preview(RealMachine& machine, const std::string& foundation, const std::string& state_dir);

}  // namespace keelson
