#include "model/foundation.h"

#include <algorithm>

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

const Component* balancer_of(const Foundation& foundation, const Endpoint& endpoint) {
  const Component* component = find_component(foundation, endpoint.component);
  if (component == nullptr) return nullptr;
  return find_companion(foundation, component->companion_of.empty() ? component->name : component->companion_of, "haproxy");
}

const std::string& listen_address(const Member& member) { return member.listen.empty() ? member.address : member.listen; }
const std::string& listen_address(const Endpoint& endpoint) { return endpoint.listen.empty() ? endpoint.address : endpoint.listen; }
int listen_port(const Endpoint& endpoint) { return endpoint.listen_port == 0 ? endpoint.port : endpoint.listen_port; }
const std::string& listen_address(const Published& place) { return place.listen.empty() ? place.address : place.listen; }
int listen_port(const Published& place) { return place.listen_port == 0 ? place.port : place.listen_port; }

const std::string& host_name(const Member& member) { return member.host.empty() ? member.name : member.host; }

std::vector<std::string> names_of(const Foundation& foundation, std::string_view short_name) {
  return {std::string(short_name), std::string(short_name) + "." + foundation.domain};
}

void add_published(const Endpoint& endpoint, Certificate& certificate) {
  const auto add_once = [](std::vector<std::string>& list, const std::string& entry) {
    if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
  };
  for (const Published& place : endpoint.publish) {
    const bool everywhere = place.address == kEveryAddress;
    if (!everywhere) add_once(certificate.ip_addresses, place.address);
    if (everywhere) add_once(certificate.ip_addresses, "127.0.0.1");
    if (everywhere || place.address.starts_with("127.")) add_once(certificate.dns_names, "localhost");
  }
}

}  // namespace keelson
