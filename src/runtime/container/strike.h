#pragma once
#include <string>

#include "base/result.h"

namespace keelson::container {

/// A fault done from inside, where nobody outside need know a pid: kills (SIGKILL) every process of this container but its first and the caller, or those
/// among them whose command line holds `word`, and waits until they have ended. Returns how many. Fails when there is none, and when one has not ended after
/// 5 s. `proc` is /proc.
Result<int> strike(const std::string& proc, const std::string& word);

}  // namespace keelson::container
