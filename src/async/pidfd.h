#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "async/loop.h"
#include "base/result.h"
#include "system/exit_status.h"

namespace keelson {

/// What names a process beyond doubt: a pid alone may be used again.
struct ProcessId {
  int pid = 0;
  std::uint64_t start_time = 0;  ///< field 22 of /proc/<pid>/stat, clock ticks since boot
  bool operator==(const ProcessId&) const = default;
};

/// A descriptor that becomes readable when the process ends; fails with ESRCH's text when there is none.
Result<OwnedFd> open_pidfd(int pid);
/// The process's start time, or nothing when there is no such process (a zombie counts as none).
std::optional<std::uint64_t> process_start_time(int pid);
/// Opens the process only if it still is the one meant (the start time is read after the open, so no reuse can slip in).
Result<OwnedFd> open_pidfd(const ProcessId& id);
/// /proc/sys/kernel/random/boot_id, without the newline.
std::string boot_id();

/// Calls `ended` once when the process behind `pidfd` ends, reaping it if it is our child. The descriptor is owned here. A
/// watch that is dropped or replaced after the process ended reaps it too, silently.
class ProcessWatch {
 public:
  ProcessWatch() = default;
  ProcessWatch(Loop& loop, OwnedFd pidfd, std::function<void(ExitStatus)> ended);
  ProcessWatch(ProcessWatch&&) noexcept = default;
  ~ProcessWatch();
  ProcessWatch& operator=(ProcessWatch&&) noexcept;
  int fd() const { return pidfd_.get(); }
  explicit operator bool() const { return static_cast<bool>(watch_); }

 private:
  OwnedFd pidfd_;
  Watch watch_;  // after pidfd_: destroyed first
};

}  // namespace keelson
