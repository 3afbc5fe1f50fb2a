#include "runtime/compose/refusals.h"

#include "runtime/container_image.h"

namespace keelson::compose {

Errors refusals(const Foundation& foundation) {
  Errors out = container_refusals(foundation, "Compose");
  for (const Endpoint& endpoint : foundation.endpoints) {
    const Component* balancer = balancer_of(foundation, endpoint);
    if (balancer == nullptr || balancer->members.size() != 1)
      out.push_back({ErrorCode::not_supported, "endpoint " + endpoint.name + " cannot be on Compose", {}, "it has no balancer of its own", "leave it out, or run it natively: keelson up"});
    if (!endpoint.publish.empty())
      out.push_back({ErrorCode::not_supported, "publish: " + endpoint.name + " cannot be published on Compose yet", {}, {},
                     "leave it out: this machine reaches endpoints at their addresses, containers by joining the network of the endpoint's name"});
  }
  return out;
}

}  // namespace keelson::compose
