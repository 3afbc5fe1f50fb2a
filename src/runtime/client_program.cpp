#include "runtime/client_program.h"

#include <algorithm>
#include <cstdlib>

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

}  // namespace keelson
