#include "runtime/compose/refusals.h"

#include "runtime/container_image.h"

namespace keelson::compose {

Errors refusals(const Foundation& foundation) {
  Errors out = container_refusals(foundation, "Compose");
  for (const Endpoint& endpoint : foundation.endpoints) {
    const Component* balancer = balancer_of(foundation, endpoint);
    if (balancer == nullptr || balancer->members.size() != 1)
      out.push_back({ErrorCode::not_supported, "endpoint " + endpoint.name + " cannot be on Compose", {}, "it has no balancer of its own", "leave it out, or run it natively: keelson up"});
  }
  return out;
}

}  // namespace keelson::compose
