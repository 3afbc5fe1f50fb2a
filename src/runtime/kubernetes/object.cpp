#include "runtime/kubernetes/object.h"

#include <type_traits>

#include "runtime/yaml.h"

namespace keelson::kubernetes {
namespace {

std::string document(const Json& object) { return "---\n" + yaml_text(object); }

}  // namespace

ApiType type_of(const Object& object) {
  return std::visit([](const auto& node) { return std::decay_t<decltype(node)>::kType; }, object);
}

const Meta& meta_of(const Object& object) {
  return std::visit([](const auto& node) -> const Meta& { return node.meta; }, object);
}

Json json(const Object& object) {
  return std::visit([](const auto& node) { return json(node); }, object);
}

Result<Json> json(const Object& object, const SecretLookup& lookup) {
  if (const auto* secret = std::get_if<SecretObject>(&object)) return json(*secret, lookup);
  return json(object);
}

std::string yaml_of(const std::vector<Object>& objects) {
  std::string out;
  for (const Object& object : objects) out += document(json(object));
  return out;
}

Result<Secret> yaml_of(const std::vector<Object>& objects, const SecretLookup& lookup) {
  std::string out;
  for (const Object& object : objects) {
    KEELSON_TRY(const Json one, json(object, lookup));
    out += document(one);
  }
  return Secret(std::move(out));
}

Result<Secret> list_of(const std::vector<Object>& objects, const SecretLookup& lookup) {
  Json items = Json::array();
  for (const Object& object : objects) {
    KEELSON_TRY(Json one, json(object, lookup));
    items.push(std::move(one));
  }
  return Secret(Json::object().set("apiVersion", "v1").set("kind", "List").set("items", std::move(items)).dump());
}

}  // namespace keelson::kubernetes
