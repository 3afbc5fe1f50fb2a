#pragma once
#include <cstdint>
#include <ctime>

namespace keelson {

/// Milliseconds since some fixed point, for deadlines and durations of work that blocks (CLOCK_MONOTONIC). What a test must be able to set
/// takes a Clock instead (system/clock.h). Safe between fork and exec.
inline std::int64_t monotonic_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace keelson
