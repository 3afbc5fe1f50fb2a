#include "runtime/compose/refusals.h"

#include <algorithm>

#include "runtime/compose/network.h"
#include "runtime/container_files.h"

namespace keelson::compose {
namespace {

std::string obstacle(const Component& component) {
  for (const PlacedInstance& placed : instances_of(component))
    if (std::string why = why_no_container(component, *placed.member, *placed.instance); !why.empty()) return why;
  return {};
}

const std::string& owner_of(const Component& component) { return component.companion_of.empty() ? component.name : component.companion_of; }

Error refusal(const std::string& component, std::string why) {
  return {ErrorCode::not_supported, "components." + component + " is not supported on Compose yet", {}, std::move(why), "leave it out, or run it natively: keelson up"};
}

}  // namespace

Errors refusals(const Foundation& foundation) {
  Errors out;
  std::vector<std::string> told;
  const auto tell = [&](const std::string& owner, std::string why) {
    if (std::find(told.begin(), told.end(), owner) != told.end()) return;
    told.push_back(owner);
    out.push_back(refusal(owner, std::move(why)));
  };
  for (const Component& component : foundation.components)
    if (std::string why = obstacle(component); !why.empty()) tell(owner_of(component), std::move(why));
  for (const Endpoint& endpoint : foundation.endpoints) {
    const Component* balancer = balancer_of(foundation, endpoint);
    const Component* owner = find_component(foundation, endpoint.component);
    if ((balancer == nullptr || balancer->members.size() != 1) && owner != nullptr) tell(owner_of(*owner), "endpoint " + endpoint.name + " has no balancer of its own");
    if (!endpoint.publish.empty())
      out.push_back({ErrorCode::not_supported, "publish: " + endpoint.name + " cannot be published on Compose yet", {}, {},
                     "leave it out: this machine reaches endpoints at their addresses, containers by joining the network of the endpoint's name"});
  }
  return out;
}

}  // namespace keelson::compose
