#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/ipv4.h"
#include "base/result.h"
#include "model/foundation.h"
#include "runtime/compose/file.h"

namespace keelson::compose {

/// Networks from edges. Each component has a network in which its members have their addresses, and each endpoint has one in which its
/// balancer has the endpoint's. Whoever an edge allows to connect joins that network, and nobody else: containers that share no network
/// cannot reach each other, because engines listen on their one address only and Docker keeps networks apart.
///
///   redis.members          redis-1 .2, redis-2 .3, redis-3 .4; joined by redis-sentinel and redis-endpoints
///   redis-sentinel.members redis-sentinel-1 .2 …; joined by redis
///   redis-master           redis-endpoints-1 .2 (the endpoint); joined by its clients
///
///   redis-endpoints.published   redis-endpoints-1 .2: where the machine leads those who come to a published place of redis-master or redis-replica
///
/// Every network is a /26 of the foundation's block: the first half for addresses that never move, the second for those that join.

/// What was once given to networks and components' users, so that nothing moves when the blueprint grows: engines keep addresses in
/// their own state, and files their owner. Kept in the foundation's state.
struct Book {
  std::string block = {};  ///< "10.74.160.0/20"; "" = none yet
  std::map<std::string, int> networks = {};
  std::map<std::string, int> users = {};
  bool operator==(const Book&) const = default;
};

/// "redis.members": no endpoint and no component can have that name.
std::string members_network(const std::string& component);

/// "redis-endpoints.published", of a balancer.
std::string published_network(const std::string& balancer);

/// The block of a foundation nobody chose one for: one of the 256 /20 of 10.64.0.0/12, by its name, the same everywhere: "10.74.160.0/20".
std::string default_block(const std::string& foundation);

/// Gives networks and components their numbers, new ones after all others.
void number(const Foundation& foundation, Book& book);

/// Sets the address of every member and endpoint, and where balancers listen for what is published and whom they take there: on its way to them a connection
/// from elsewhere keeps its address, one of this machine's own comes from the network's gateway. Fails when the block has no room for all networks, or a network for all members.
Result<void> give_addresses(Foundation& foundation, const Book& book, const Ipv4Range& block);

/// All networks of a foundation, components first, as the Compose file lists them.
std::vector<Network> networks_of(const Foundation& foundation, const Book& book, const Ipv4Range& block);

/// What the machine leads to a component's instance: the published places of the endpoints that it serves.
std::vector<PublishedPort> published_ports(const Foundation& foundation, const Component& component);

/// The networks a component's instance is in: its own, those of whom it may connect to, those of the endpoints it serves.
std::vector<Attachment> attachments_of(const Foundation& foundation, const Component& component, const Member& member);

}  // namespace keelson::compose
