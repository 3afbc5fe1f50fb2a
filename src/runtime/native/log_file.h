#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "system/fd.h"

namespace keelson::native {

/// How many bytes may pass: `rate` a second, `burst` at once. Time is the caller's (microseconds, monotonic).
class TokenBucket {
 public:
  TokenBucket(std::int64_t rate, std::int64_t burst) : rate_(rate), burst_(burst), tokens_(burst) {}
  /// Takes `count` if that many are there.
  bool take(std::int64_t count, std::int64_t now_us);

 private:
  std::int64_t rate_, burst_, tokens_;
  std::int64_t last_us_ = -1;
};

/// One instance's log on disk: capped, rotated, and never a reason to stop. A full disk or an I/O error counts as dropped.
class LogFile {
 public:
  LogFile(std::string path, std::int64_t rotate_at, TokenBucket bucket);
  /// Writes the bytes, or counts them as dropped. After a drop, nothing is written before the next line begins, so that no
  /// line is ever glued together from two.
  void add(std::string_view bytes, std::int64_t now_us);
  /// Writes the count of a drop that nothing followed.
  void settle(std::int64_t now_us);
  bool owes_notice() const { return dropped_ > 0; }

 private:
  void open();
  void rotate();
  bool write(std::string_view bytes);
  void write_notice();

  std::string path_;
  std::int64_t rotate_at_;
  TokenBucket bucket_;
  OwnedFd file_;
  std::int64_t size_ = 0;
  std::int64_t dropped_ = 0;
  bool line_open_ = false;  ///< the last byte written was not a newline
};

}  // namespace keelson::native
