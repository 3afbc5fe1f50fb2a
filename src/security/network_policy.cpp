#include "security/network_policy.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "model/door.h"

namespace keelson {
namespace {

/// The only text that reaches nft from outside; everything else is a number.
bool is_table_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name.front() < 'a' || name.front() > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::optional<std::uint32_t> parse_address(const std::string& text) {
  in_addr address{};
  if (text.find('\0') != std::string::npos || ::inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string dotted(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

struct Range {
  std::uint32_t first, last;
};

std::optional<Range> parse_range(const std::string& text) {
  const auto dash = text.find('-');
  const auto first = parse_address(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_address(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Range{*first, *last};
}

/// Loopback blocks of at most 256 addresses: a wider one would judge traffic that is not ours.
std::optional<Range> parse_block(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto base = parse_address(text.substr(0, slash));
  const std::string bits_text = text.substr(slash + 1);
  if (!base || bits_text.size() != 2 || bits_text < "24" || bits_text > "32" || bits_text[1] < '0' || bits_text[1] > '9') return std::nullopt;
  const std::uint32_t host_bits = 32 - static_cast<std::uint32_t>(std::stoi(bits_text));
  const std::uint32_t last = *base | ((1u << host_bits) - 1);
  if (*base >> 24 != 127 || (*base & ((1u << host_bits) - 1)) != 0) return std::nullopt;
  return Range{*base, last};
}

/// Every allowed (uid, port, address), so that overlaps vanish: nft refuses overlapping elements.
using Allowed = std::set<std::tuple<int, int, std::uint32_t>>;

Result<Allowed> expand(const NetworkPolicy& policy, const Range& block) {
  Allowed allowed;
  for (const NetworkRow& row : policy.rows) {
    const auto range = parse_range(row.address);
    if (!range || range->first < block.first || range->last > block.last)
      return fail("a network rule leaves the foundation's addresses", policy.table, row.address + " is not inside " + policy.block);
    if (row.port < 1 || row.port > 65535) return fail("a network rule has no valid port", policy.table, std::to_string(row.port));
    if (row.uid < 0) return fail("a network rule has no user", policy.table, row.address + ":" + std::to_string(row.port));
    for (std::uint32_t address = range->first; address <= range->last; ++address) allowed.emplace(row.uid, row.port, address);
  }
  return allowed;
}

std::string elements_of(const Allowed& allowed) {
  std::string out;
  for (auto it = allowed.begin(); it != allowed.end();) {
    const auto [uid, port, first] = *it;
    std::uint32_t last = first;
    while (++it != allowed.end() && *it == std::tuple(uid, port, last + 1)) ++last;
    out += fmt::format("{}      {} . {} . {}", out.empty() ? "" : ",\n", uid,
                       first == last ? dotted(first) : dotted(first) + "-" + dotted(last), port);
  }
  return out;
}

}  // namespace

Result<std::string> nftables_removal(const std::string& table) {
  if (!is_table_name(table)) return fail("not a name for an nftables table", table);
  return fmt::format("table inet {0} {{}}\ndelete table inet {0}\n", table);  // declared first, so that deleting cannot fail
}

Result<std::string> nftables_text(const NetworkPolicy& policy) {
  KEELSON_TRY(std::string text, nftables_removal(policy.table));
  const auto block = parse_block(policy.block);
  if (!block) return fail("not a block of loopback addresses", policy.table, "\"" + policy.block + "\"");
  KEELSON_TRY(const Allowed allowed, expand(policy, *block));
  const std::string elements = allowed.empty() ? "" : "\n    elements = {\n" + elements_of(allowed) + " }";
  text += fmt::format(R"(table inet {0} {{
  comment "made by keelson up, mended by it, removed by keelson down"
  set edges {{
    type uid . ipv4_addr . inet_service
    flags interval{2}
  }}
  chain out {{
    type filter hook output priority filter; policy accept;
    ip daddr != {1} accept
    tcp flags & (syn|ack) != syn accept
    meta skuid 0 accept
    meta skuid . ip daddr . tcp dport @edges accept
    meta l4proto tcp counter reject with tcp reset
    counter reject with icmp type admin-prohibited
  }}
}}
)",
                      policy.table, policy.block, elements);
  return text;
}

Result<std::vector<NetworkRow>> network_rows(const Foundation& foundation, const std::map<std::string, int>& uid_of_component,
                                             const std::vector<int>& local_uids) {
  KEELSON_TRY(const std::vector<Door> doors, open_doors(foundation));
  std::vector<NetworkRow> rows;
  for (const Door& door : doors) {
    if (door.from == kLocalUsers) {
      for (const int uid : local_uids) rows.push_back({uid, door.address, door.port});
      continue;
    }
    const auto uid = uid_of_component.find(door.from);
    if (uid == uid_of_component.end())
      return fail("an edge comes from nothing that has a user", door.from + " -> " + door.to, "no uid for \"" + door.from + "\"");
    rows.push_back({uid->second, door.address, door.port});
  }
  return rows;
}

}  // namespace keelson
