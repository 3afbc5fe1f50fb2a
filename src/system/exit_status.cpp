#include "system/exit_status.h"

#include <fmt/format.h>

#include <cstring>

namespace keelson {

std::string describe(const ExitStatus& status) {
  switch (status.how) {
    case ExitStatus::How::exited: return fmt::format("exited with status {}", status.value);
    case ExitStatus::How::signalled: return fmt::format("killed by signal {} ({})", status.value, strsignal(status.value));
    case ExitStatus::How::unknown: break;
  }
  return "ended, how is unknown (not started by this agent)";
}

}  // namespace keelson
