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
  std::string address = {};   ///< how others reach it, with the engine's standard ports: its own IPv4 address, or where a runtime gives it none that stays, its name
  std::vector<Instance> instances = {};
  std::string listen = {};    ///< the IPv4 address its processes listen on; "" = `address`
  std::string host = {};      ///< what the machine it runs on is called there (a pod's name); "" = `name`
};

/// One entry of the blueprint, or a companion one of them needs.
struct Component {
  std::string name = {};       ///< "postgresql", "postgresql-pooler"
  const Kind* kind = nullptr;  ///< never null
  std::string companion_of = {};  ///< "" = the blueprint names it
  Settings settings = {};
  std::vector<Member> members = {};
  std::vector<int> ports = {};  ///< every port its members listen on
  std::string image = {};       ///< the blueprint's `images`: what its containers run, where there are containers; "" = keelson's own
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

/// Where a member's processes listen, and where the balancer listens for an endpoint: on what others reach, unless a runtime leads that to another place.
const std::string& listen_address(const Member& member);
const std::string& listen_address(const Endpoint& endpoint);
int listen_port(const Endpoint& endpoint);
const std::string& listen_address(const Published& place);
int listen_port(const Published& place);

/// What a member's machine is called there.
const std::string& host_name(const Member& member);

/// The component whose members have the endpoint's address: the balancer among the companions of who owns it. Null if there is none.
const Component* balancer_of(const Foundation& foundation, const Endpoint& endpoint);

/// Every name under which clients may reach an endpoint or member: "redis-master", "redis-master.<domain>".
std::vector<std::string> names_of(const Foundation& foundation, std::string_view short_name);

/// Adds to a server certificate the addresses at which an endpoint is published, and localhost where this machine's own are among them.
void add_published(const Endpoint& endpoint, Certificate& certificate);

}  // namespace keelson
