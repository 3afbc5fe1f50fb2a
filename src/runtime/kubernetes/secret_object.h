#pragma once
#include <variant>

#include "base/secret.h"
#include "component/text.h"
#include "runtime/kubernetes/meta.h"
#include "security/forms.h"

namespace keelson::kubernetes {

/// A value named by references, or the bytes themselves (a key that was just issued).
using SecretValue = std::variant<Text, Secret>;

/// The API's Secret.
struct SecretObject {
  static constexpr ApiType kType{"v1", "Secret", "secrets"};
  Meta meta;
  std::map<std::string, SecretValue> data;  ///< by key, as in a ConfigMap; any bytes
  std::string type = "Opaque";              ///< cannot be changed afterwards
};

/// Without values: each stands as `${secret:redis/app}`, which is no base64, so that the API server refuses it should it ever get there.
Json json(const SecretObject& object);

/// With values. They are then in plain memory: make this last, hand it to who needs it, and keep nothing of it.
Result<Json> json(const SecretObject& object, const SecretLookup& lookup);

}  // namespace keelson::kubernetes
