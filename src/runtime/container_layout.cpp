#include "runtime/container_layout.h"

namespace keelson {

Place ContainerLayout::place(const std::string&, const std::string&) const {
  const std::string home(kContainerHome);
  return {home, home + "/config", home + "/tls", home + "/data", home + "/run"};
}

std::vector<std::pair<std::string, std::string>> ContainerLayout::environment(const std::string&) const {
  return {{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}};
}

}  // namespace keelson
