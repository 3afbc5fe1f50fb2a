#include "model/foundation.h"

namespace keelson {

std::vector<PlacedInstance> instances_of(const Component& component) {
  std::vector<PlacedInstance> out;
  for (const Member& member : component.members)
    for (const Instance& instance : member.instances) out.push_back({&component, &member, &instance});
  return out;
}

std::vector<PlacedInstance> instances_of(const Foundation& foundation) {
  std::vector<PlacedInstance> out;
  for (const Component& component : foundation.components)
    for (const PlacedInstance& placed : instances_of(component)) out.push_back(placed);
  return out;
}

const Component* find_component(const Foundation& foundation, std::string_view name) {
  for (const Component& component : foundation.components)
    if (component.name == name) return &component;
  return nullptr;
}

const Member* find_member(const Foundation& foundation, std::string_view name) {
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      if (member.name == name) return &member;
  return nullptr;
}

const Endpoint* find_endpoint(const Foundation& foundation, std::string_view name) {
  for (const Endpoint& endpoint : foundation.endpoints)
    if (endpoint.name == name) return &endpoint;
  return nullptr;
}

const Instance* find_instance(const Foundation& foundation, std::string_view name) {
  for (const PlacedInstance& placed : instances_of(foundation))
    if (placed.instance->name == name) return placed.instance;
  return nullptr;
}

const Component* find_companion(const Foundation& foundation, std::string_view owner, std::string_view kind) {
  for (const Component& component : foundation.components)
    if ((component.companion_of == owner || component.name == owner) && component.kind->name == kind) return &component;
  return nullptr;
}

std::vector<std::string> names_of(const Foundation& foundation, std::string_view short_name) {
  return {std::string(short_name), std::string(short_name) + "." + foundation.domain};
}

}  // namespace keelson
