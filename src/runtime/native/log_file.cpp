#include "runtime/native/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace keelson::native {

bool TokenBucket::take(std::int64_t count, std::int64_t now_us) {
  if (last_us_ >= 0) {
    const std::int64_t elapsed_us = std::clamp<std::int64_t>(now_us - last_us_, 0, 60'000'000);
    tokens_ = std::min(burst_, tokens_ + elapsed_us * rate_ / 1'000'000);
  }
  last_us_ = now_us;
  if (tokens_ < count) return false;
  tokens_ -= count;
  return true;
}

LogFile::LogFile(std::string path, std::int64_t rotate_at, TokenBucket bucket)
    : path_(std::move(path)), rotate_at_(rotate_at), bucket_(bucket) {
  open();
}

void LogFile::open() {
  file_ = OwnedFd(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat info {};
  size_ = file_ && ::fstat(file_.get(), &info) == 0 ? info.st_size : 0;
}

void LogFile::rotate() {
  file_.reset();
  if (::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) ::unlink(path_.c_str());  // the cap matters more than the history
  open();
}

bool LogFile::write(std::string_view bytes) {
  if (size_ > 0 && size_ + static_cast<std::int64_t>(bytes.size()) > rotate_at_) rotate();
  if (!file_) open();
  while (file_ && !bytes.empty()) {
    const auto put = ::write(file_.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    size_ += put;
    line_open_ = bytes[static_cast<std::size_t>(put) - 1] != '\n';
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return bytes.empty();
}

void LogFile::write_notice() {
  const std::string notice = fmt::format("{}keelson: dropped {} bytes\n", line_open_ ? "\n" : "", dropped_);
  if (write(notice)) dropped_ = 0;
}

void LogFile::add(std::string_view bytes, std::int64_t now_us) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (!bucket_.take(size, now_us)) {
    dropped_ += size;
    return;
  }
  if (dropped_ > 0) {
    const auto newline = bytes.find('\n');
    const std::size_t rest_of_line = newline == std::string_view::npos ? bytes.size() : newline + 1;
    dropped_ += static_cast<std::int64_t>(rest_of_line);
    bytes.remove_prefix(rest_of_line);
    if (bytes.empty()) return;
    write_notice();
  }
  if (!write(bytes)) dropped_ += static_cast<std::int64_t>(bytes.size());
}

void LogFile::settle(std::int64_t now_us) {
  if (dropped_ > 0 && bucket_.take(1, now_us)) write_notice();
}

}  // namespace keelson::native
