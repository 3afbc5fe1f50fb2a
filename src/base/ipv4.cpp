#include "base/ipv4.h"

#include <charconv>

namespace keelson {
namespace {

/// A decimal number of at most `digits` digits without a leading zero; -1 when it is anything else.
int number_of(std::string_view text, std::size_t digits) {
  if (text.empty() || text.size() > digits || (text.size() > 1 && text.front() == '0')) return -1;
  int value = -1;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size() ? value : -1;
}

}  // namespace

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (part == 3)) return std::nullopt;
    const int value = number_of(text.substr(0, dot), 3);
    if (value < 0 || value > 255) return std::nullopt;
    address = address << 8 | static_cast<std::uint32_t>(value);
    if (part < 3) text.remove_prefix(dot + 1);
  }
  return address;
}

std::optional<Ipv4Port> parse_ipv4_port(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, colon));
  const int port = number_of(text.substr(colon + 1), 5);
  if (!address || port < 1 || port > 65'535) return std::nullopt;
  return Ipv4Port{*address, port};
}

std::optional<Ipv4Range> parse_ipv4_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ipv4(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Ipv4Range{*address, *address};
  const int bits = number_of(text.substr(slash + 1), 2);
  if (bits < 0 || bits > 32) return std::nullopt;
  const std::uint32_t host = bits == 0 ? 0xFFFF'FFFF : (1u << (32 - bits)) - 1;
  if ((*address & host) != 0) return std::nullopt;
  return Ipv4Range{*address, *address | host};
}

std::string ipv4_text(std::uint32_t address) {
  return std::to_string(address >> 24) + "." + std::to_string(address >> 16 & 255) + "." + std::to_string(address >> 8 & 255) + "." + std::to_string(address & 255);
}

}  // namespace keelson
