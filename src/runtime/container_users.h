#pragma once
#include <map>
#include <string>

namespace keelson {

/// The users containers run as, by number. Either each component has its own, or all are the one who owns the files that containers read.
struct ContainerUsers {
  static constexpr int kFirst = 52'000;   ///< below 65536, which is all that user namespaces of rootless engines map
  std::map<std::string, int> by_component = {};
  int uid = 0, gid = 0;                   ///< of everybody, when `by_component` is empty

  int uid_of(const std::string& component) const {
    const auto found = by_component.find(component);
    return found == by_component.end() ? uid : found->second;
  }
  int gid_of(const std::string& component) const {
    const auto found = by_component.find(component);
    return found == by_component.end() ? gid : found->second;
  }
};

}  // namespace keelson
