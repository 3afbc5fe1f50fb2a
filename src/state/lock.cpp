#include "state/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/json.h"

namespace keelson::state {
namespace {

constexpr std::size_t kLongest = 4096;

tl::unexpected<Error> held(int fd, const std::string& path) {
  std::string text(kLongest, '\0');
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto holder = parse_json(text);
  std::string why = "it has not yet written who it is";
  if (holder && (*holder)["pid"].is_int())
    why = "pid " + std::to_string((*holder)["pid"].as_int()) + " runs `" + (*holder)["command"].as_string() + "`";
  return fail_as(ErrorCode::locked, "another keelson works on this foundation", path, why, "wait for it to end, or stop it");
}

}  // namespace

Result<Lock> Lock::take(const std::string& state_dir, std::string_view command) {
  const std::string path = state_dir + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail("cannot open the lock of the foundation", path, std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    auto refused = errno == EWOULDBLOCK ? held(fd, path) : fail("cannot lock the foundation", path, std::strerror(errno));
    ::close(fd);
    return refused;
  }
  Lock lock(fd);  // from here on the file is ours to write, not before
  // The file is never removed: another process may be waiting to lock this very inode.
  const std::string holder =
      Json::object().set("pid", static_cast<std::int64_t>(::getpid())).set("command", command.substr(0, 200)).dump() + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, holder.data(), holder.size(), 0) != static_cast<ssize_t>(holder.size()))
    return fail("cannot write the lock of the foundation", path, std::strerror(errno));
  return lock;
}

Lock& Lock::operator=(Lock&& other) noexcept {
  release();
  fd_ = std::exchange(other.fd_, -1);
  return *this;
}

void Lock::release() {
  if (fd_ < 0) return;
  [[maybe_unused]] const int emptied = ::ftruncate(fd_, 0);  // only a message; the lock is the flock
  ::close(std::exchange(fd_, -1));
}

}  // namespace keelson::state
