#pragma once
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace keelson::cli {

/// The end of a text: its last `count` lines. A last line without a newline counts.
std::string last_lines(const std::string& text, int count);

/// Reads a log file that another process appends to and rotates by renaming it to "<path>.1". One thread.
class LogTail {
 public:
  /// Hears whole lines, without the newline. A line of more than 64 KiB comes in pieces.
  using OnLine = std::function<void(const std::string& line)>;

  explicit LogTail(std::string path) : path_(std::move(path)) {}
  ~LogTail();
  LogTail(LogTail&& other) noexcept;
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;

  /// The last `count` lines, from the rotated predecessor too where the file itself has fewer; then stands at the end.
  void begin(int count, const OnLine& on_line);
  /// What came since. After a rotation the old file is read to its end first; so nothing is lost or told twice.
  void more(const OnLine& on_line);

  /// A last line whose newline has not come yet: for readers that will not wait for it.
  void flush(const OnLine& on_line);

 private:
  void read_rest(const OnLine& on_line);
  bool open_current();

  std::string path_;
  int file_ = -1;
  ino_t inode_ = 0;
  std::string partial_;
};

}  // namespace keelson::cli
