#pragma once
#include <string>
#include <vector>

#include "component/endpoint.h"
#include "component/instance.h"
#include "component/kind.h"

namespace keelson {

/// One replica of a component.
struct Member {
  std::string name = {};      ///< "postgresql-1"
  std::string component = {};
  int ordinal = 1;            ///< counts from 1
  std::string address = {};   ///< its own address with the engine's standard ports
  std::vector<Instance> instances = {};
};

/// One entry of the blueprint, or a companion one of them needs.
struct Component {
  std::string name = {};       ///< "postgresql", "postgresql-pooler"
  const Kind* kind = nullptr;  ///< never null
  std::string companion_of = {};  ///< "" = the blueprint names it
  Settings settings = {};
  std::vector<Member> members = {};
  std::vector<int> ports = {};  ///< every port its members listen on
};

/// The whole as it should be: plain data, nothing running, no secrets, no clock. What `resolve` makes and what plan,
/// render, verify and docs read. Deterministic: the same blueprint and addresses give the same Foundation.
struct Foundation {
  std::string name = {};
  std::string domain = {};
  bool protect = false;  ///< refuse drills and sabotage
  std::vector<std::string> local_users = {};  ///< access.local: system users who may reach endpoints
  std::vector<Component> components = {};  ///< companions follow the component they belong to
  std::vector<Endpoint> endpoints = {};
  std::vector<Edge> edges = {};
  std::vector<SecretSpec> secrets = {};
};

/// An instance together with what it belongs to. Never null; valid as long as the foundation is not changed.
struct PlacedInstance {
  const Component* component;
  const Member* member;
  const Instance* instance;
};

/// Every instance of a foundation or of one component, in the order in which the blueprint and its kinds name them.
std::vector<PlacedInstance> instances_of(const Foundation& foundation);
std::vector<PlacedInstance> instances_of(const Component& component);

/// Look-ups; null when there is none of that name.
const Component* find_component(const Foundation& foundation, std::string_view name);
const Member* find_member(const Foundation& foundation, std::string_view name);
const Endpoint* find_endpoint(const Foundation& foundation, std::string_view name);
const Instance* find_instance(const Foundation& foundation, std::string_view name);

/// The component of that kind that is a companion of `owner` (or `owner` itself when of that kind); null if none.
const Component* find_companion(const Foundation& foundation, std::string_view owner, std::string_view kind);

/// Every name under which clients may reach an endpoint or member: "redis-master", "redis-master.<domain>".
std::vector<std::string> names_of(const Foundation& foundation, std::string_view short_name);

/// Adds to a server certificate the addresses at which an endpoint is published, and localhost where this machine's own are among them.
void add_published(const Endpoint& endpoint, Certificate& certificate);

}  // namespace keelson
