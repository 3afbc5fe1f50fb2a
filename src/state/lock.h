#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace keelson::state {

/// The right to change a foundation: flock on `<state_dir>/lock`, with the holder's pid and command written in it for the
/// message that the second one gets. The kernel releases it when the last process that has it open ends, so a killed
/// keelson leaves no stale lock; programs it executes do not inherit it, but a child that only forks shares it.
class Lock {
 public:
  /// Fails at once with ErrorCode::locked, naming the holder's pid and command, when another has it.
  static Result<Lock> take(const std::string& state_dir, std::string_view command);
  Lock(Lock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Lock& operator=(Lock&& other) noexcept;
  Lock(const Lock&) = delete;
  ~Lock() { release(); }
  /// Gives it up early; once is enough.
  void release();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace keelson::state
