#include "runtime/kubernetes/seen.h"

#include <algorithm>
#include <cctype>

#include "system/digest.h"

namespace keelson::kubernetes {
namespace {

/// Takes the values out of a Secret, so that nothing that compares or prints objects ever holds one.
std::map<std::string, Secret> seal(Json& object) {
  std::map<std::string, Secret> out;
  Json sealed = Json::object();
  for (const auto& [key, value] : object["data"].members()) {
    Secret bytes(base64_decode(value.as_string()));
    sealed.set(key, "sha256:" + sha256_hex(bytes.reveal()));
    out.emplace(key, std::move(bytes));
  }
  if (object.has("data")) object.set("data", std::move(sealed));
  return out;
}

void add(Json object, Seen& seen) {
  if (object["kind"].as_string() == SecretObject::kType.kind) seen.secrets[name_of(object)] = seal(object);
  seen.objects.push_back(std::move(object));
}

/// With its group: kinds of other people may have the same name.
std::string resource_of(const std::string& kind) {
  for (const ApiType& type : kNamespacedTypes)
    if (type.kind == kind) return std::string(type.resource);
  std::string out;  // kubectl takes a kind in lower case, too
  for (const char c : kind) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

ObjectName name_of(const Object& object) { return {std::string(type_of(object).kind), meta_of(object).space, meta_of(object).name}; }

ObjectName name_of(const Json& object) {
  const Json& meta = object["metadata"];
  return {object["kind"].as_string(), meta["namespace"].as_string(), meta["name"].as_string()};
}

std::string text_of(const ObjectName& name) { return resource_of(name.kind) + "/" + name.name; }

const Json* Seen::find(const ObjectName& name) const {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const Json& object) { return name_of(object) == name; });
  return found == objects.end() ? nullptr : &*found;
}

Result<Seen> parse_objects(std::string_view printed) {
  KEELSON_TRY(const Json json, parse_json(printed));
  Seen out;
  if (json["kind"].as_string() != "List") {
    add(json, out);
    return out;
  }
  for (const Json& object : json["items"].items()) add(object, out);
  return out;
}

}  // namespace keelson::kubernetes
