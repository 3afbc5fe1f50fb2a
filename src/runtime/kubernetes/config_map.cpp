#include "runtime/kubernetes/config_map.h"

namespace keelson::kubernetes {

Json json(const ConfigMap& map) { return head(ConfigMap::kType, map.meta).set("data", json(map.data)); }

}  // namespace keelson::kubernetes
