#pragma once
#include <string>
#include <vector>

#include "base/ipv4.h"
#include "base/result.h"

namespace keelson::compose {

/// Addresses that something else has already.
struct Taken {
  Ipv4Range range;
  std::string by;         ///< "Docker network web_default (172.18.0.0/16)", "the route to 10.64.0.0/16 by eth0"
  bool leads_on = false;  ///< only a way to somewhere, by a gateway
};

/// What the machine has routes to, but for the default ones; text of /proc/net/route (Linux net/ipv4/fib_trie.c, fib_route_seq_show). Pure.
std::vector<Taken> taken_by_routes(const std::string& proc_net_route);

/// The addresses of Docker networks, in the answer of `docker network inspect`. Pure.
Result<std::vector<Taken>> taken_by_networks(const std::string& inspected);

/// What has any of these addresses; null = nobody. A gateway that leads to more than them is like a default route: the narrower one goes first. Pure.
const Taken* taker_of(const Ipv4Range& wanted, const std::vector<Taken>& taken);

/// A /20 that is free: "10.64.0.0/20"; "" = none of the private ranges has one. Pure.
std::string free_block(const std::vector<Taken>& taken);

}  // namespace keelson::compose
