#include "runtime/compose/layout.h"

namespace keelson::compose {

Place ComposeLayout::place(const std::string&, const std::string&) const {
  const std::string home(kHome);
  return {home, home + "/config", home + "/tls", home + "/data", home + "/run"};
}

std::vector<std::pair<std::string, std::string>> ComposeLayout::environment(const std::string&) const {
  return {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}};
}

}  // namespace keelson::compose
