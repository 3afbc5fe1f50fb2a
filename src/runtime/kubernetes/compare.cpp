#include "runtime/kubernetes/compare.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "runtime/kubernetes/field_set.h"

namespace keelson::kubernetes {
namespace {

using Path = std::vector<Step>;

/// What the API server keeps about an object, and what other clients note on it. It says nothing about what the object should be.
constexpr std::array<std::string_view, 7> kNotes{"status",
                                                 "metadata.managedFields",
                                                 "metadata.resourceVersion",
                                                 "metadata.generation",
                                                 "metadata.uid",
                                                 "metadata.creationTimestamp",
                                                 R"(metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"])"};

bool is_note(const Path& path) {
  const std::string text = text_of(path);
  return std::find(kNotes.begin(), kNotes.end(), text) != kNotes.end();
}

/// One object as it is, and as it would be.
class Comparison {
 public:
  Comparison(const Json& live, const Json& applied) : managers_(managers_of(live)), secret_(live["kind"].as_string() == SecretObject::kType.kind) {
    const std::vector<Manager> after = managers_of(applied);
    known_ = managers_;
    known_.insert(known_.end(), after.begin(), after.end());
    compare(live, applied);
    find_additions();
  }

  std::vector<FieldDifference> fields;
  std::vector<Addition> additions;

 private:
  void compare(const Json& live, const Json& applied) {
    if (is_note(path_)) return;
    if (live.is_object() && applied.is_object()) return compare_objects(live, applied);
    if (live.is_array() && applied.is_array())
      if (const std::vector<std::string> keys = element_keys(known_, path_); !keys.empty()) return compare_elements(live, applied, keys);
    if (live.dump() != applied.dump()) fields.push_back({text_of(path_), told(live), told(applied), others_at(path_)});
  }

  void step(const Step& step, const Json& live, const Json& applied) {
    path_.push_back(step);
    compare(live, applied);
    path_.pop_back();
  }

  void compare_objects(const Json& live, const Json& applied) {
    for (const auto& [name, value] : live.members()) step(field_step(name), value, applied[name]);
    for (const auto& [name, value] : applied.members())
      if (!live.has(name)) step(field_step(name), Json(), value);
  }

  void compare_elements(const Json& live, const Json& applied, const std::vector<std::string>& keys) {
    const std::map<std::string, const Json*> before = by_key(live, keys), after = by_key(applied, keys);
    static const Json kNothing;
    for (const auto& [key, element] : before) step(element_step(key), *element, after.contains(key) ? *after.at(key) : kNothing);
    for (const auto& [key, element] : after)
      if (!before.contains(key)) step(element_step(key), kNothing, *element);
  }

  static std::map<std::string, const Json*> by_key(const Json& list, const std::vector<std::string>& keys) {
    std::map<std::string, const Json*> out;
    for (const Json& element : list.items()) {
      Json identity = Json::object();
      for (const std::string& key : keys) identity.set(key, element[key]);
      out["k:" + identity.dump()] = &element;
    }
    return out;
  }

  /// Of a Secret nothing: other clients note its values on it.
  std::string told(const Json& value) const {
    if (value.is_null()) return {};
    return secret_ ? "a value" : value.dump();
  }

  std::vector<std::string> others_at(const Path& path) const {
    std::set<std::string> out;
    for (const Manager& manager : managers_)
      if (manager.name != kFieldManager && below(*manager.fields, path) != nullptr) out.insert(manager.name);
    return {out.begin(), out.end()};
  }

  bool ours(const Path& path) const {
    return std::any_of(known_.begin(), known_.end(), [&](const Manager& manager) { return manager.name == kFieldManager && below(*manager.fields, path) != nullptr; });
  }

  /// Of metadata nothing: labels and annotations of others do not change what runs.
  void find_additions() {
    for (const Manager& manager : managers_) {
      if (manager.name == kFieldManager) continue;
      std::set<std::string> told_already;
      for (const Path& path : ends_of(*manager.fields)) {
        if (path.front().shown == "metadata" || path.front().shown == "status" || ours(path)) continue;
        if (const std::string text = text_of(whole_addition(path)); told_already.insert(text).second) additions.push_back({text, manager.name});
      }
    }
  }

  /// The highest thing on the way to `path` that is none of ours: of a container's added variable the variable, not its name and its value.
  Path whole_addition(const Path& path) const {
    Path out;
    for (const Step& step : path) {
      out.push_back(step);
      if (out.size() > 1 && !ours(out)) return out;
    }
    return out;
  }

  std::vector<Manager> managers_;  ///< of the object as it is
  std::vector<Manager> known_;     ///< and of what it would be: how its lists are made up
  const bool secret_;
  Path path_;
};

/// What lies in a cluster with our labels and is not of our making: claims, what controllers make for a set.
bool may_be_ours(const Json& object) {
  const std::string& kind = object["kind"].as_string();
  const bool known = std::any_of(kNamespacedTypes.begin(), kNamespacedTypes.end(), [&](const ApiType& type) { return type.kind == kind; });
  return known && object["metadata"]["ownerReferences"].items().empty();
}

ObjectDifference difference(const Json* live, const Json& applied) {
  ObjectDifference out{name_of(applied)};
  if (live == nullptr) {
    out.state = ObjectState::missing;
  } else if ((*live)["metadata"].has("deletionTimestamp")) {
    out.state = ObjectState::leaving;
  } else {
    Comparison comparison(*live, applied);
    out.state = comparison.fields.empty() ? ObjectState::same : ObjectState::different;
    out.fields = std::move(comparison.fields);
    out.additions = std::move(comparison.additions);
  }
  return out;
}

}  // namespace

bool ObjectDifference::conflict() const {
  return std::any_of(fields.begin(), fields.end(), [](const FieldDifference& field) { return !field.owners.empty(); });
}

std::vector<ObjectDifference> compare(const Seen& live, const Seen& applied) {
  std::vector<ObjectDifference> out;
  for (const Json& wanted : applied.objects) out.push_back(difference(live.find(name_of(wanted)), wanted));
  for (const Json& there : live.objects)
    if (may_be_ours(there) && applied.find(name_of(there)) == nullptr) out.push_back({name_of(there), ObjectState::stray});
  return out;
}

}  // namespace keelson::kubernetes
