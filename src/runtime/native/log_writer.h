#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "system/fd.h"

namespace keelson::native {

/// How the logs of a foundation are kept (docs/adr/0006-log-writer.md).
///
/// Each instance writes stdout and stderr into its FIFO `<dir>/<instance>.fifo`, which it holds open for reading too: so it
/// never gets SIGPIPE and never sees an end. One small process per foundation drains all FIFOs of the directory into
/// `<dir>/<instance>.log`. It needs no orders: a FIFO that appears is read (inotify), one that disappears is drained and
/// forgotten. It outlives the agent; while it is dead itself, the pipes (1 MiB each) buffer until the agent has started
/// another, some 10 ms later. A FIFO's bytes survive as long as one instance or agent holds it open.
///
/// Bounds, per instance: the file is renamed to `.log.1` (replacing the older one) before it would pass kRotateAt, so at
/// most 2 x kRotateAt bytes of disk; a token bucket lets through kBytesPerSecond with bursts of kBurst; what exceeds it is
/// read and thrown away (engines do not wait), counted, and told by a line "keelson: dropped N bytes".
constexpr std::int64_t kRotateAt = 8 << 20;
constexpr std::int64_t kBytesPerSecond = 8 << 20;
constexpr std::int64_t kBurst = 16 << 20;
constexpr int kPipeSize = 1 << 20;

/// Makes the FIFO of an instance (of the instance's user, which lets a program reopen /dev/stdout, and of group root) and opens it for reading and
/// writing, blocking, close-on-exec.
Result<OwnedFd> open_log_fifo(const std::string& dir, const std::string& instance, int uid);
/// Removes the FIFO; the log files stay.
void remove_log_fifo(const std::string& dir, const std::string& instance);

/// Body of `keelson log-writer DIR`. Ends on SIGTERM, after draining what is there, or at once with 0 when another writer
/// holds the directory's lock.
int run_log_writer(const std::string& dir);

}  // namespace keelson::native
