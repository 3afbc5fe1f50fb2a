#include "model/layout.h"

namespace keelson {

std::vector<std::pair<std::string, std::string>> environment_at(const Layout& layout, const std::string& artifact, const Place& place) {
  std::vector<std::pair<std::string, std::string>> out;
  for (auto& variable : layout.environment(artifact))
    if (variable.first != "HOME") out.push_back(std::move(variable));
  out.emplace_back("HOME", place.home);
  return out;
}

}  // namespace keelson
