#include "async/pidfd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace keelson {
namespace {

std::string read_small(const std::string& path) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return {};
  std::array<char, 1024> buffer{};
  const auto got = ::read(fd.get(), buffer.data(), buffer.size());
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string{};
}

ExitStatus reap(int pidfd) {
  siginfo_t info{};
  if (waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0) return {};
  if (info.si_code == CLD_EXITED) return {ExitStatus::How::exited, info.si_status};
  return {ExitStatus::How::signalled, info.si_status};
}

}  // namespace

Result<OwnedFd> open_pidfd(int pid) {
  OwnedFd fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));  // close-on-exec by definition (pidfd_open(2))
  if (!fd) return fail("cannot watch process", std::to_string(pid), std::strerror(errno));
  return fd;
}

std::optional<std::uint64_t> process_start_time(int pid) {
  const std::string stat = read_small(fmt::format("/proc/{}/stat", pid));
  // The command name (field 2) may hold anything, parentheses and spaces too: count from the last ')'.
  const auto close = stat.rfind(')');
  if (close == std::string::npos || close + 2 >= stat.size()) return std::nullopt;
  if (stat[close + 2] == 'Z' || stat[close + 2] == 'X') return std::nullopt;
  std::size_t at = close + 2;
  for (int field = 3; field < 22; ++field) {
    at = stat.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  return std::strtoull(stat.c_str() + at, nullptr, 10);
}

Result<OwnedFd> open_pidfd(const ProcessId& id) {
  KEELSON_TRY(OwnedFd fd, open_pidfd(id.pid));
  const auto start = process_start_time(id.pid);
  if (!start || *start != id.start_time) return fail("the process is gone", std::to_string(id.pid));
  return fd;
}

std::string boot_id() {
  std::string text = read_small("/proc/sys/kernel/random/boot_id");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

ProcessWatch::ProcessWatch(Loop& loop, OwnedFd pidfd, std::function<void(ExitStatus)> ended) : pidfd_(std::move(pidfd)) {
  const int fd = pidfd_.get();
  // The callback may destroy this ProcessWatch, so what it needs is in its own captures.
  watch_ = loop.watch(fd, EPOLLIN | EPOLLONESHOT, [fd, ended = std::move(ended)](std::uint32_t) { ended(reap(fd)); });
}

ProcessWatch::~ProcessWatch() {
  watch_.reset();
  if (pidfd_) reap(pidfd_.get());
}

ProcessWatch& ProcessWatch::operator=(ProcessWatch&& other) noexcept {
  watch_.reset();
  if (pidfd_) reap(pidfd_.get());
  pidfd_ = std::move(other.pidfd_);
  watch_ = std::move(other.watch_);
  return *this;
}

}  // namespace keelson
