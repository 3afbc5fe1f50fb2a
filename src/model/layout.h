#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "component/instance.h"
#include "component/world.h"

namespace keelson {

/// Objects of a runtime's own API in which the members of a component can elect their leader: those in the namespace `space` that carry `labels`, and
/// the component's name as `component_label`, as its members' machines do.
struct LeaseStore {
  std::string space;
  std::map<std::string, std::string> labels;
  std::string component_label;
};

/// Where things live in a runtime: the one way in which a room learns a path. Pure.
class Layout {
 public:
  virtual ~Layout() = default;
  /// The directories of an instance of a component.
  virtual Place place(const std::string& component, const std::string& instance) const = 0;
  /// Absolute path of a file of an artifact: program("redis", "usr/bin/redis-server").
  virtual std::string program(const std::string& artifact, const std::string& relative) const = 0;
  /// Environment its programs need (LD_LIBRARY_PATH, PYTHONPATH, PATH, LANG), without HOME: see environment_at.
  virtual std::vector<std::pair<std::string, std::string>> environment(const std::string& artifact) const = 0;
  /// The system user that a component's instances run as.
  virtual std::string user(const std::string& component) const = 0;
  /// What engines must let keelson in by.
  virtual Reach reach() const { return Reach::socket; }
  /// Where a component's members elect their leader without a consensus store of the foundation's own; none = they need one.
  virtual std::optional<LeaseStore> lease_store(const std::string& /*component*/) const { return std::nullopt; }
};

/// The complete environment of an instance that runs the programs of `artifact` at `place`: what the artifact needs, and HOME
/// inside the instance's own directories, so that no engine looks for files of whoever ran keelson.
std::vector<std::pair<std::string, std::string>> environment_at(const Layout& layout, const std::string& artifact, const Place& place);

}  // namespace keelson
