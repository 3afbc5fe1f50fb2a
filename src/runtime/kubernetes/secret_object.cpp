#include "runtime/kubernetes/secret_object.h"

#include "system/digest.h"

namespace keelson::kubernetes {
namespace {

std::string redacted(const SecretValue& value) {
  const Text* text = std::get_if<Text>(&value);
  return text == nullptr ? "${secret}" : text->redacted();
}

Result<Secret> bytes_of(const SecretValue& value, const SecretLookup& lookup) {
  if (const Text* text = std::get_if<Text>(&value)) return materialise(*text, lookup);
  return std::get<Secret>(value);
}

Json with_data(const SecretObject& object, Json data) {
  Json out = head(SecretObject::kType, object.meta).set("type", object.type);
  if (!data.members().empty()) out.set("data", std::move(data));
  return out;
}

}  // namespace

Json json(const SecretObject& object) {
  Json data = Json::object();
  for (const auto& [key, value] : object.data) data.set(key, redacted(value));
  return with_data(object, std::move(data));
}

Result<Json> json(const SecretObject& object, const SecretLookup& lookup) {
  Json data = Json::object();
  for (const auto& [key, value] : object.data) {
    KEELSON_TRY(const Secret bytes, bytes_of(value, lookup));
    data.set(key, base64(bytes.reveal()));
  }
  return with_data(object, std::move(data));
}

}  // namespace keelson::kubernetes
