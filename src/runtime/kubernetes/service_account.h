#pragma once
#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

enum class Token { none, mounted };

struct ServiceAccount {
  static constexpr ApiType kType{"v1", "ServiceAccount", "serviceaccounts"};
  Meta meta;
  Token token = Token::none;  ///< whether its pods can speak to the API, where they do not say themselves
};

Json json(const ServiceAccount& account);

}  // namespace keelson::kubernetes
