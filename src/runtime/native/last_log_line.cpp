#include "runtime/native/last_log_line.h"

#include <algorithm>

namespace keelson::native {
namespace {

constexpr std::size_t kLongest = 200;

}  // namespace

std::string last_log_line(Files& files, const std::string& path) {
  const auto log = files.read(path);
  if (!log) return {};
  const std::size_t end = log->find_last_not_of(" \t\r\n");
  if (end == std::string::npos) return {};
  const std::size_t before = log->rfind('\n', end);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  std::string line = log->substr(begin, std::min(end + 1 - begin, kLongest));
  std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return line;
}

}  // namespace keelson::native
