#pragma once
#include <string>

namespace keelson {

/// How a process ended. Only its parent can learn that; for everybody else it stays `unknown`, which is never success.
struct ExitStatus {
  enum class How { unknown, exited, signalled };
  How how = How::unknown;
  int value = 0;  ///< exit code or signal number
  bool operator==(const ExitStatus&) const = default;
};
/// "exited with status 1", "killed by signal 9 (Killed)", "ended, how is unknown (not started by this agent)".
std::string describe(const ExitStatus& status);

}  // namespace keelson
