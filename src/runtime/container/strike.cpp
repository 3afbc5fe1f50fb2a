#include "runtime/container/strike.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "async/pidfd.h"
#include "runtime/container/process_table.h"
#include "system/files.h"
#include "system/monotonic.h"

namespace keelson::container {
namespace {

constexpr int kDieMs = 5'000;

bool is_meant(const std::string& proc, const Process& process, const std::string& word) {
  if (process.ending || process.pid == ::getpid()) return false;
  if (word.empty()) return true;
  RealFiles real_files;
  Files& files = real_files;
  return files.read(proc + "/" + std::to_string(process.pid) + "/cmdline", 1 << 16).value_or("").find(word) != std::string::npos;
}

}  // namespace

Result<int> strike(const std::string& proc, const std::string& word) {
  KEELSON_TRY(const Namespace seen, look_around(proc));
  std::vector<OwnedFd> meant;
  for (const Process& process : seen.own)
    if (is_meant(proc, process, word))
      if (auto fd = open_pidfd(process.pid)) meant.push_back(std::move(*fd));
  if (meant.empty()) return fail_as(ErrorCode::not_supported, "nothing here can be killed", word, "the engine is the container's first process, which only its runtime ends");
  for (const OwnedFd& fd : meant) ::syscall(SYS_pidfd_send_signal, fd.get(), SIGKILL, nullptr, 0);
  const std::int64_t until = monotonic_ms() + kDieMs;
  for (const OwnedFd& fd : meant) {
    pollfd ended{fd.get(), POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(until - monotonic_ms(), 0))) != 1) return fail("a process has not ended", {}, "within 5 s of SIGKILL");
  }
  return static_cast<int>(meant.size());
}

}  // namespace keelson::container
