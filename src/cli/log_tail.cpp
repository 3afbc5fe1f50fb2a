#include "cli/log_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

namespace keelson::cli {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;
constexpr off_t kLookBack = 8 << 20;  ///< the last lines of a file are looked for in this many bytes

int open_log(const std::string& path) { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW); }

/// The last kLookBack bytes of what `file` holds; it then stands at the end.
std::string tail_of(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - kLookBack);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - from)), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::pread(file, text.data() + have, text.size() - have, from + static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

int count_lines(const std::string& text) {
  const auto newlines = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  return text.empty() || text.back() == '\n' ? newlines : newlines + 1;
}

}  // namespace

std::string last_lines(const std::string& text, int count) {
  if (count <= 0) return {};
  std::size_t from = text.size();
  if (from > 0 && text[from - 1] == '\n') --from;
  for (; from > 0; --from)
    if (text[from - 1] == '\n' && --count == 0) break;
  return text.substr(from);
}

LogTail::~LogTail() {
  if (file_ >= 0) ::close(file_);
}

LogTail::LogTail(LogTail&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), inode_(other.inode_), partial_(std::move(other.partial_)) {}

bool LogTail::open_current() {
  file_ = open_log(path_);
  struct stat info {};
  if (file_ >= 0 && ::fstat(file_, &info) == 0) inode_ = info.st_ino;
  return file_ >= 0;
}

void LogTail::begin(int count, const OnLine& on_line) {
  std::string text;
  if (open_current()) text = tail_of(file_);
  if (count_lines(text) < count) {
    const int old_file = open_log(path_ + ".1");
    if (old_file >= 0) {
      text = tail_of(old_file) + text;
      ::close(old_file);
    }
  }
  partial_ = last_lines(text, count);
  std::size_t from = 0;
  for (std::size_t newline; (newline = partial_.find('\n', from)) != std::string::npos; from = newline + 1) on_line(partial_.substr(from, newline - from));
  partial_.erase(0, from);
}

void LogTail::flush(const OnLine& on_line) {
  if (!partial_.empty()) on_line(partial_);
  partial_.clear();
}

void LogTail::read_rest(const OnLine& on_line) {
  std::array<char, 64 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(file_, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t newline; (newline = piece.find('\n')) != std::string_view::npos; piece.remove_prefix(newline + 1)) {
      partial_ += piece.substr(0, newline);
      on_line(partial_);
      partial_.clear();
    }
    partial_ += piece;
    if (partial_.size() >= kLongestLine) {
      on_line(partial_);
      partial_.clear();
    }
  }
}

void LogTail::more(const OnLine& on_line) {
  if (file_ < 0 && !open_current()) return;
  read_rest(on_line);
  struct stat named {};
  struct stat open_file {};
  if (::stat(path_.c_str(), &named) != 0 || ::fstat(file_, &open_file) != 0) return;
  if (named.st_ino == inode_ && open_file.st_size < ::lseek(file_, 0, SEEK_CUR)) ::lseek(file_, 0, SEEK_SET);  // trimmed in place
  if (named.st_ino != inode_) {
    ::close(file_);
    if (!open_current()) return;
  }
  read_rest(on_line);
}

}  // namespace keelson::cli
