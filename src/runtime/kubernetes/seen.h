#pragma once
#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/secret.h"
#include "runtime/kubernetes/object.h"

namespace keelson::kubernetes {

/// Which object of a cluster.
struct ObjectName {
  std::string kind;   ///< "StatefulSet"
  std::string space;  ///< "" = the kind has no namespace
  std::string name;
  auto operator<=>(const ObjectName&) const = default;
};

ObjectName name_of(const Object& object);
ObjectName name_of(const Json& object);
/// "statefulsets.apps/redis-1", as kubectl takes it.
std::string text_of(const ObjectName& name);

/// Objects as the API server tells them.
struct Seen {
  std::vector<Json> objects;  ///< in a Secret each value is replaced by its digest: "sha256:…"
  std::map<ObjectName, std::map<std::string, Secret>> secrets = {};  ///< the values, by key
  std::vector<std::string> warnings = {};

  /// Null when it is not there.
  const Json* find(const ObjectName& name) const;
};

/// Reads one object or a `List` as kubectl prints it with `-o json`. Pure.
Result<Seen> parse_objects(std::string_view printed);

}  // namespace keelson::kubernetes
