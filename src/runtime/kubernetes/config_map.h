#pragma once
#include "runtime/kubernetes/meta.h"

namespace keelson::kubernetes {

struct ConfigMap {
  static constexpr ApiType kType{"v1", "ConfigMap", "configmaps"};
  Meta meta;
  std::map<std::string, std::string> data;  ///< by key: letters, digits, `-`, `_` and `.`; values are UTF-8
};

Json json(const ConfigMap& map);

}  // namespace keelson::kubernetes
