#include "runtime/native/native_layout.h"

#include "security/ca.h"

namespace keelson::native {

NativeLayout::NativeLayout(Site site, std::map<std::string, std::string> trees,
                           std::map<std::string, std::vector<std::pair<std::string, std::string>>> environments)
    : site_(std::move(site)), trees_(std::move(trees)), environments_(std::move(environments)) {}

Place NativeLayout::place(const std::string&, const std::string& instance) const {
  const std::string home = member_root() + "/" + instance;
  return {home, home + "/config", home + "/tls", home + "/data", home + "/run"};
}

std::string NativeLayout::program(const std::string& artifact, const std::string& relative) const {
  const auto tree = trees_.find(artifact);
  return (tree == trees_.end() ? std::string() : tree->second) + "/" + relative;
}

std::vector<std::pair<std::string, std::string>> NativeLayout::environment(const std::string& artifact) const {
  const auto found = environments_.find(artifact);
  if (found == environments_.end()) return {};
  return found->second;
}

std::string NativeLayout::user(const std::string& component) const {
  if (!site_.root) return site_.user;
  // Login names hold 32 characters; the id in front keeps the users of two foundations apart.
  return ("kl" + std::to_string(site_.id) + "-" + component).substr(0, 32);
}

}  // namespace keelson::native
