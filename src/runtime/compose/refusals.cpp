#include "runtime/compose/refusals.h"

#include <algorithm>

#include "runtime/compose/health.h"
#include "runtime/compose/network.h"

namespace keelson::compose {
namespace {

const Artifact* artifact_of(const Component& component, const Instance& instance) {
  for (const Artifact& artifact : component.kind->artifacts)
    if (artifact.id == instance.artifact) return &artifact;
  return nullptr;
}

/// Whether an image of the artifact has the program: its own, or the interpreter that it takes from the machine elsewhere.
bool brings(const Artifact& artifact, const std::string& program) {
  return program == "/" + std::string(artifact.program) || (artifact.machine != nullptr && program == "/" + std::string(artifact.machine->program));
}

/// Why an instance cannot be a container yet, or "".
std::string obstacle(const Component& component, const Member& member, const Instance& instance) {
  const Artifact* artifact = artifact_of(component, instance);
  if (artifact == nullptr || artifact->source == ArtifactSource::host) return instance.name + " is a program of this machine, and no image has it";
  if (instance.command.empty() || !brings(*artifact, instance.command.front())) return instance.name + " needs a program its image would not have";
  if (member.instances.size() != 1) return member.name + " is several processes at one address";
  if (const auto check = healthcheck_of(instance); !check) return instance.name + " needs " + check.error().what + ", which no container can make";
  return {};
}

std::string obstacle(const Component& component) {
  for (const PlacedInstance& placed : instances_of(component))
    if (std::string why = obstacle(component, *placed.member, *placed.instance); !why.empty()) return why;
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
