#include "runtime/compose/network.h"

#include <algorithm>
#include <set>

#include "system/digest.h"

namespace keelson::compose {
namespace {

constexpr std::uint32_t kSize = 64;       // a /26
constexpr std::uint32_t kFixed = 32;      // its first half
constexpr std::uint32_t kGateway = 1;
constexpr std::uint32_t kFirstMember = 2;
constexpr int kFirstPublished = 20'000;  // a port for each published place: at one address they could be the same
constexpr Ipv4Range kLoopback{0x7F00'0000, 0x7FFF'FFFF};

constexpr std::string_view kPublished = ".published";

std::uint32_t start_of(const Ipv4Range& block, int number) { return block.first + static_cast<std::uint32_t>(number) * kSize; }

Network network(const std::string& name, const Ipv4Range& block, int number) {
  const std::uint32_t start = start_of(block, number);
  const Way way = name.ends_with(kPublished) ? Way::in : Way::none;
  return {name, ipv4_text(start) + "/26", ipv4_text(start + kGateway), ipv4_text(start + kFixed) + "/27", way};
}

std::string member_address(const Ipv4Range& block, int number, int ordinal) {
  return ipv4_text(start_of(block, number) + kFirstMember + static_cast<std::uint32_t>(ordinal) - 1);
}

void give_number(std::map<std::string, int>& numbers, const std::string& name, int first) {
  if (numbers.contains(name)) return;
  int next = first;
  for (const auto& [other, taken] : numbers) next = std::max(next, taken + 1);
  numbers.emplace(name, next);
}

std::vector<std::string> network_names(const Foundation& foundation) {
  std::vector<std::string> out;
  for (const Component& component : foundation.components) out.push_back(members_network(component.name));
  for (const Endpoint& endpoint : foundation.endpoints) out.push_back(endpoint.name);
  for (const Component& component : foundation.components)
    if (!published_ports(foundation, component).empty()) out.push_back(published_network(component.name));
  return out;
}

/// `from`, as a balancer sees it.
std::vector<std::string> seen_from(const Published& place, const std::string& gateway) {
  std::vector<std::string> out;
  const auto add_once = [&](const std::string& one) {
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
  };
  for (const std::string& one : place.from) {
    const auto range = parse_ipv4_network(one);
    if (range && range->first <= kLoopback.last && range->last >= kLoopback.first) add_once(gateway);
    if (!range || range->first < kLoopback.first || range->last > kLoopback.last) add_once(one);
  }
  return out;
}

void lead_published(Foundation& foundation, const Book& book, const Ipv4Range& block) {
  std::map<const Component*, int> given;
  for (Endpoint& endpoint : foundation.endpoints) {
    const Component* balancer = balancer_of(foundation, endpoint);
    if (balancer == nullptr) continue;  // refusals() says so
    for (Published& place : endpoint.publish) {
      const int number = book.networks.at(published_network(balancer->name));
      place.listen = member_address(block, number, 1);
      place.listen_port = kFirstPublished + given[balancer]++;
      place.admits = seen_from(place, ipv4_text(start_of(block, number) + kGateway));
    }
  }
}

/// The networks that edges from a component lead into; sorted.
std::set<std::string> reached_from(const Foundation& foundation, const std::string& component) {
  std::set<std::string> out;
  for (const Edge& edge : foundation.edges) {
    if (edge.from != component) continue;
    // As model/door.h: an edge with a port means a component's members where there is one of that name.
    const bool endpoint = find_endpoint(foundation, edge.to) != nullptr && (edge.port == 0 || find_component(foundation, edge.to) == nullptr);
    out.insert(endpoint ? edge.to : members_network(edge.to));
  }
  return out;
}

}  // namespace

std::string members_network(const std::string& component) { return component + ".members"; }

std::string published_network(const std::string& balancer) { return balancer + std::string(kPublished); }

std::vector<PublishedPort> published_ports(const Foundation& foundation, const Component& component) {
  std::vector<PublishedPort> out;
  for (const Endpoint& endpoint : foundation.endpoints) {
    if (endpoint.publish.empty() || balancer_of(foundation, endpoint) != &component) continue;
    for (const Published& place : endpoint.publish) out.push_back({place.address, place.port, listen_port(place)});
  }
  return out;
}

std::string default_block(const std::string& foundation) {
  constexpr std::uint32_t kFirst = (10U << 24) + (64U << 16), kBlock = 4096;
  const auto number = static_cast<std::uint32_t>(static_cast<unsigned char>(sha256(foundation)[0]));
  return ipv4_text(kFirst + number * kBlock) + "/20";
}

void number(const Foundation& foundation, Book& book) {
  for (const std::string& name : network_names(foundation)) give_number(book.networks, name, 0);
  for (const Component& component : foundation.components) give_number(book.users, component.name, 0);
}

Result<void> give_addresses(Foundation& foundation, const Book& book, const Ipv4Range& block) {
  const std::uint32_t room = (block.last - block.first + 1) / kSize;
  for (const std::string& name : network_names(foundation))
    if (static_cast<std::uint32_t>(book.networks.at(name)) >= room)
      return fail_as(ErrorCode::preflight_refused, "the block of addresses has no room for network " + name, ipv4_text(block.first), "each network takes 64 addresses",
                     "give it a larger one: --subnet 10.88.0.0/16");
  for (Component& component : foundation.components) {
    if (component.members.size() > kFixed - kFirstMember)
      return fail_as(ErrorCode::not_supported, "components." + component.name + ": more than " + std::to_string(kFixed - kFirstMember) + " members", {}, "a network has no more places");
    for (Member& member : component.members) member.address = member_address(block, book.networks.at(members_network(component.name)), member.ordinal);
  }
  for (Endpoint& endpoint : foundation.endpoints) endpoint.address = member_address(block, book.networks.at(endpoint.name), 1);
  lead_published(foundation, book, block);
  return {};
}

std::vector<Network> networks_of(const Foundation& foundation, const Book& book, const Ipv4Range& block) {
  std::vector<Network> out;
  for (const std::string& name : network_names(foundation)) out.push_back(network(name, block, book.networks.at(name)));
  return out;
}

std::vector<Attachment> attachments_of(const Foundation& foundation, const Component& component, const Member& member) {
  const std::string own = members_network(component.name);
  std::vector<Attachment> out{{own, member.address, {names_of(foundation, member.name).back()}}};
  std::set<std::string> joined = reached_from(foundation, component.name);
  joined.erase(own);
  for (const Endpoint& endpoint : foundation.endpoints) {
    if (balancer_of(foundation, endpoint) != &component) continue;
    out.push_back({endpoint.name, endpoint.address, names_of(foundation, endpoint.name)});
    joined.erase(endpoint.name);
  }
  for (const std::string& name : joined) out.push_back({name});
  for (const Endpoint& endpoint : foundation.endpoints) {
    if (endpoint.publish.empty() || balancer_of(foundation, endpoint) != &component) continue;
    out.push_back({published_network(component.name), listen_address(endpoint.publish.front())});
    break;
  }
  return out;
}

}  // namespace keelson::compose
