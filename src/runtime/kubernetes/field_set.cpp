#include "runtime/kubernetes/field_set.h"

#include <algorithm>
#include <cctype>

namespace keelson::kubernetes {
namespace {

bool plain(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_'; });
}

Step step_of(const std::string& key) { return key.starts_with("f:") ? field_step(key.substr(2)) : element_step(key); }

void collect(const Json& fields, std::vector<Step>& path, std::vector<std::vector<Step>>& out) {
  bool deeper = false;
  for (const auto& [key, nested] : fields.members()) {
    if (key == ".") continue;
    deeper = true;
    path.push_back(step_of(key));
    collect(nested, path, out);
    path.pop_back();
  }
  if (!deeper && !path.empty()) out.push_back(path);
}

}  // namespace

Step field_step(const std::string& name) { return {"f:" + name, name}; }

/// `k:{"containerPort":6379,"protocol":"TCP"}` is shown as `[containerPort=6379,protocol="TCP"]`, `v:"x"` as `["x"]`.
Step element_step(const std::string& key) {
  const std::string inner = key.substr(std::min<std::size_t>(2, key.size()));
  const auto keys = key.starts_with("k:") ? parse_json(inner) : Result<Json>(Json());
  std::string shown;
  if (keys)
    for (const auto& [name, value] : keys->members()) shown += (shown.empty() ? "" : ",") + name + "=" + value.dump();
  return {key, "[" + (shown.empty() ? inner : shown) + "]"};
}

std::string text_of(const std::vector<Step>& path) {
  std::string out;
  for (const Step& step : path) {
    const bool field = step.key.starts_with("f:");
    if (field && plain(step.shown)) out += (out.empty() ? "" : ".") + step.shown;
    else out += field ? "[" + Json(step.shown).dump() + "]" : step.shown;
  }
  return out;
}

std::vector<Manager> managers_of(const Json& object) {
  std::vector<Manager> out;
  for (const Json& entry : object["metadata"]["managedFields"].items())
    if (entry["subresource"].as_string() != "status") out.push_back({entry["manager"].as_string(), &entry["fieldsV1"]});
  return out;
}

const Json* below(const Json& fields, const std::vector<Step>& path) {
  const Json* at = &fields;
  for (const Step& step : path) {
    if (at != &fields && at->members().empty()) return at;
    if (!at->has(step.key)) return nullptr;
    at = &(*at)[step.key];
  }
  return at;
}

std::vector<std::string> element_keys(const std::vector<Manager>& managers, const std::vector<Step>& path) {
  for (const Manager& manager : managers) {
    const Json* fields = below(*manager.fields, path);
    if (fields == nullptr) continue;
    for (const auto& [key, nested] : fields->members()) {
      if (!key.starts_with("k:")) continue;
      std::vector<std::string> out;
      if (const auto keys = parse_json(key.substr(2)))
        for (const auto& [name, value] : keys->members()) out.push_back(name);
      return out;
    }
  }
  return {};
}

std::vector<std::vector<Step>> ends_of(const Json& fields) {
  std::vector<std::vector<Step>> out;
  std::vector<Step> path;
  collect(fields, path, out);
  return out;
}

}  // namespace keelson::kubernetes
