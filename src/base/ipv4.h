#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keelson {

/// Addresses from `first` to `last`, both included, in host byte order.
struct Ipv4Range {
  std::uint32_t first = 0, last = 0;
  constexpr bool contains(std::uint32_t address) const { return address >= first && address <= last; }
  bool operator==(const Ipv4Range&) const = default;
};

struct Ipv4Port {
  std::uint32_t address = 0;  ///< host byte order
  int port = 0;
  bool operator==(const Ipv4Port&) const = default;
};

/// Strict: four decimal parts, nothing before or after, no leading zeros. Nothing when it is anything else.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
/// "127.0.0.1:5432"; a port from 1 to 65535.
std::optional<Ipv4Port> parse_ipv4_port(std::string_view text);
/// "192.0.2.0/24" or "192.0.2.7"; bits beyond the network's must be zero.
std::optional<Ipv4Range> parse_ipv4_network(std::string_view text);
std::string ipv4_text(std::uint32_t address);

}  // namespace keelson
