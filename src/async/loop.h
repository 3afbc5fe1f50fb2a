#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "system/fd.h"
#include "system/clock.h"

namespace keelson {

class Loop;

/// A wait for readiness of a descriptor. Dropping it (or assigning another over it) ends the wait at once; its callback
/// can never run afterwards, not even when the event was already fetched. Drop it before closing the descriptor.
class Watch {
 public:
  Watch() = default;
  Watch(Watch&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), id_(other.id_), fd_(other.fd_), events_(other.events_) {}
  Watch& operator=(Watch&& other) noexcept;
  ~Watch() { reset(); }
  void reset();
  /// Changes the events waited for (EPOLLIN …); free when they are the same.
  void events(std::uint32_t events);
  explicit operator bool() const { return loop_ != nullptr; }

 private:
  friend class Loop;
  Watch(Loop* loop, std::uint64_t id, int fd, std::uint32_t events) : loop_(loop), id_(id), fd_(fd), events_(events) {}
  Loop* loop_ = nullptr;
  std::uint64_t id_ = 0;
  int fd_ = -1;
  std::uint32_t events_ = 0;
};

/// A callback at a later time, once. Dropping it cancels.
class Timer {
 public:
  Timer() = default;
  Timer(Timer&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), when_us_(other.when_us_), id_(other.id_) {}
  Timer& operator=(Timer&& other) noexcept;
  ~Timer() { reset(); }
  void reset();
  explicit operator bool() const { return loop_ != nullptr; }

 private:
  friend class Loop;
  Timer(Loop* loop, std::int64_t when_us, std::uint64_t id) : loop_(loop), when_us_(when_us), id_(id) {}
  Loop* loop_ = nullptr;
  std::int64_t when_us_ = 0;
  std::uint64_t id_ = 0;
};

/// The one event loop: epoll and timers, one thread. Everything runs on the thread that calls `run`; nothing here may be
/// called from another (workers come back through WorkerPool). The loop outlives every handle it gave out. Each handle
/// has a number that is never used again, which is how an event of a dropped handle is told from one of its successor.
///
/// Callbacks may drop any handle, their own too, and may make new ones. Descriptors are level triggered.
class Loop {
 public:
  explicit Loop(const Clock& clock);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Calls `ready` with the epoll events that came. The descriptor stays the caller's. The Watch is empty when the kernel
  /// refuses the descriptor (a regular file, a closed one).
  Watch watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready);
  /// Calls `due` after `delay_us`. `slack_us` > 0 lets the loop wake later by at most that much so that timers share wake-ups.
  Timer after_us(std::int64_t delay_us, std::function<void()> due, std::int64_t slack_us = 0);
  Timer after_ms(std::int64_t delay_ms, std::function<void()> due) { return after_us(delay_ms * 1000, std::move(due)); }

  /// Runs until `stop`.
  void run();
  void stop() { running_ = false; }
  /// Waits at most `wait_ms` (-1 = until something happens) and runs what is due. Tests drive the loop with it.
  void run_once(int wait_ms);

  const Clock& clock() const { return clock_; }
  std::int64_t now_us() const { return clock_.monotonic_us(); }

 private:
  friend class Watch;
  friend class Timer;
  using Ready = std::function<void(std::uint32_t)>;
  using Due = std::function<void()>;
  void run_timers();
  int wait_for(int wait_ms) const;

  const Clock& clock_;
  OwnedFd epoll_;
  bool running_ = false;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, std::shared_ptr<Ready>> watches_;
  std::map<std::pair<std::int64_t, std::uint64_t>, Due> timers_;
};

}  // namespace keelson
