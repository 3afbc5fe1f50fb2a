#include "runtime/client_program.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace keelson {

std::string find_client(Files& files, const std::string& name) {
  const char* path = std::getenv("PATH");
  const std::string places = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  for (std::size_t from = 0; from <= places.size();) {
    const std::size_t colon = std::min(places.find(':', from), places.size());
    const std::string candidate = places.substr(from, colon - from) + "/" + name;
    from = colon + 1;
    const auto there = files.info(candidate);
    if (candidate.starts_with('/') && there && *there) return candidate;
  }
  return {};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    if (end > from) out.emplace_back(text.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

std::int64_t wall_ms(const std::string& text) {
  std::tm parts{};
  int milliseconds = 0;
  const int read = std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%3d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &milliseconds);
  if (read < 6 || parts.tm_year < 1970) return 0;
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  return std::int64_t{::timegm(&parts)} * 1000 + milliseconds;
}

}  // namespace keelson
