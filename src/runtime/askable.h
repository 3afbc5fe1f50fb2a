#pragma once
#include <algorithm>
#include <vector>

#include "model/foundation.h"

namespace keelson {

/// The components that can be asked what is missing inside: all of their instances are ready. The rest is asked once they run.
template <typename IsReady>
std::vector<const Component*> askable(const Foundation& foundation, IsReady is_ready) {
  std::vector<const Component*> out;
  for (const Component& component : foundation.components) {
    const std::vector<PlacedInstance> instances = instances_of(component);
    const bool all = std::all_of(instances.begin(), instances.end(), [&](const PlacedInstance& placed) { return is_ready(placed.instance->name); });
    if (all && component.kind->verbs.observe_provision != nullptr) out.push_back(&component);
  }
  return out;
}

}  // namespace keelson
