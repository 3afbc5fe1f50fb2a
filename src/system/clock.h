#pragma once
#include <cstdint>
#include <string>

namespace keelson {

/// Two clocks: wall to show, monotonic to measure (never mixed).
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t wall_ms() const = 0;       ///< milliseconds since 1970-01-01 UTC
  virtual std::int64_t monotonic_us() const = 0;  ///< microseconds since some fixed point
};

class RealClock : public Clock {
 public:
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_us() const override;
};

/// "2026-11-22T21:16:47.123Z" (RFC 3339, UTC).
std::string rfc3339(std::int64_t wall_ms);

}  // namespace keelson
