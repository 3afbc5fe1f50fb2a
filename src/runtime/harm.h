#pragma once

namespace keelson {

/// Damage that only whoever runs an instance can do to it; for sabotages, which show that checks notice.
enum class Harm {
  halted,      ///< it answers nobody: it stands still, or is away
  edited,      ///< a file it was given is changed by hand
  opened,      ///< a way is open where no edge leads
  privileged,  ///< it may do more than it was given
};

}  // namespace keelson
