#pragma once
#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include "base/result.h"
#include "system/fd.h"

namespace keelson {

/// The exclusive lock of an artifact store, held while it lives. An flock: two threads that each open the file exclude
/// each other as two processes do, and a killed holder holds nothing.
class StoreLock {
 public:
  /// Waits for the holder, as long as a fetch takes; calls `waiting` once before it has to.
  static Result<StoreLock> take(const std::string& path, const std::function<void()>& waiting) {
    StoreLock lock;
    lock.fd_ = OwnedFd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!lock.fd_) return fail("cannot open the lock", path, std::strerror(errno));
    if (::flock(lock.fd_.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK) waiting();
    while (::flock(lock.fd_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return fail("cannot take the lock", path, std::strerror(errno));
    }
    return lock;
  }

 private:
  OwnedFd fd_;
};

}  // namespace keelson
