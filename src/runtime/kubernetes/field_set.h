#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace keelson::kubernetes {

/// Which fields managers of an object set: its `metadata.managedFields` (FieldsV1, kubernetes.io/docs/reference/using-api/server-side-apply). A tree each;
/// a step down is
///
///   f:name          a field
///   k:{"name":"x"}  the element of a list that has these keys
///   v:"x"           an element of a set
///   .               the thing itself
///
/// Where a tree ends above a field, the manager sets the whole of it.

/// A step on the way to a field: the name of a field, or what tells an element of a list from the others.
struct Step {
  std::string key;    ///< as in the tree: "f:image", "k:{\"name\":\"redis\"}"
  std::string shown;  ///< "image", "[name=\"redis\"]"
};

Step field_step(const std::string& name);
Step element_step(const std::string& key);

/// "spec.containers[name=\"redis\"].image", as the API server's own messages have it; a name that is not plain is quoted: "data[\"redis.conf\"]".
std::string text_of(const std::vector<Step>& path);

struct Manager {
  std::string name;
  const Json* fields;  ///< borrowed from the object
};

/// Who sets the object itself (not only its status). The object must outlive the answer.
std::vector<Manager> managers_of(const Json& object);

/// What `fields` holds below a path, or null where it does not go there. Where it ends above, the end of it: an empty object.
const Json* below(const Json& fields, const std::vector<Step>& path);

/// The keys of the elements of the list at `path`, if any of the managers knows it as a list whose elements have keys.
std::vector<std::string> element_keys(const std::vector<Manager>& managers, const std::vector<Step>& path);

/// Every path at which a tree ends.
std::vector<std::vector<Step>> ends_of(const Json& fields);

}  // namespace keelson::kubernetes
