#include "runtime/compose/taken.h"

#include <arpa/inet.h>

#include <bit>
#include <sstream>

#include "base/json.h"

namespace keelson::compose {
namespace {

constexpr std::uint32_t kBlock = 4096;  // a /20
constexpr const char* kPrivate[] = {"10.64.0.0/12", "172.16.0.0/12", "192.168.0.0/16"};

bool overlap(const Ipv4Range& one, const Ipv4Range& other) { return one.first <= other.last && other.first <= one.last; }

bool within(const Ipv4Range& inner, const Ipv4Range& outer) { return outer.contains(inner.first) && outer.contains(inner.last); }

}  // namespace

std::vector<Taken> taken_by_routes(const std::string& proc_net_route) {
  std::vector<Taken> out;
  std::istringstream lines(proc_net_route);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string interface, flags, references, use, metric;
    std::uint32_t destination = 0, gateway = 0, mask = 0;  // as the kernel has them: bytes in network order
    fields >> interface >> std::hex >> destination >> gateway >> flags >> references >> use >> metric >> mask;
    if (!fields || mask == 0) continue;  // the first line names the columns
    const std::uint32_t first = ntohl(destination), bits = ntohl(mask);
    out.push_back({{first, first | ~bits}, "the route to " + ipv4_text(first) + "/" + std::to_string(std::popcount(bits)) + " by " + interface, gateway != 0});
  }
  return out;
}

Result<std::vector<Taken>> taken_by_networks(const std::string& inspected) {
  KEELSON_TRY(const Json json, parse_json(inspected));
  std::vector<Taken> out;
  for (const Json& network : json.items())
    for (const Json& part : network["IPAM"]["Config"].items())
      if (const auto range = parse_ipv4_network(part["Subnet"].as_string()))
        out.push_back({*range, "Docker network " + network["Name"].as_string() + " (" + part["Subnet"].as_string() + ")"});
  return out;
}

const Taken* taker_of(const Ipv4Range& wanted, const std::vector<Taken>& taken) {
  for (const Taken& one : taken)
    if (overlap(wanted, one.range) && !(one.leads_on && within(wanted, one.range))) return &one;
  return nullptr;
}

std::string free_block(const std::vector<Taken>& taken) {
  for (const char* text : kPrivate) {
    const Ipv4Range range = *parse_ipv4_network(text);
    for (std::uint64_t first = range.first; first < range.last; first += kBlock) {
      const auto start = static_cast<std::uint32_t>(first);
      if (taker_of({start, start + kBlock - 1}, taken) == nullptr) return ipv4_text(start) + "/20";
    }
  }
  return {};
}

}  // namespace keelson::compose
