#include "security/network_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "base/ipv4.h"
#include "model/door.h"

namespace keelson {
namespace {

/// The only text that reaches nft from outside; everything else is a number.
bool is_table_name(std::string_view name) {
  if (name.empty() || name.size() > 63 || name.front() < 'a' || name.front() > 'z') return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

using Range = Ipv4Range;

std::optional<Range> parse_range(const std::string& text) {
  const auto dash = text.find('-');
  const auto first = parse_ipv4(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_ipv4(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Range{*first, *last};
}

/// Loopback blocks of at most 256 addresses: a wider one would judge traffic that is not ours.
std::optional<Range> parse_block(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto base = parse_ipv4(text.substr(0, slash));
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

std::string interval(std::uint32_t first, std::uint32_t last) { return first == last ? ipv4_text(first) : ipv4_text(first) + "-" + ipv4_text(last); }

std::string elements_of(const Allowed& allowed) {
  std::string out;
  for (auto it = allowed.begin(); it != allowed.end();) {
    const auto [uid, port, first] = *it;
    std::uint32_t last = first;
    while (++it != allowed.end() && *it == std::tuple(uid, port, last + 1)) ++last;
    out += fmt::format("{}      {} . {} . {}", out.empty() ? "" : ",\n", uid,
                       interval(first, last), port);
  }
  return out;
}

struct PublishedTexts {
  std::string doors;    ///< elements "address . port"
  std::string allowed;  ///< elements "address . port . from"
};

/// Elements must not overlap: networks of one place are joined where they touch.
Result<PublishedTexts> published_texts(const NetworkPolicy& policy) {
  std::map<std::pair<std::string, int>, std::vector<Range>> places;
  for (const PublishedRow& row : policy.published) {
    const auto address = parse_ipv4(row.address);
    if (!address || row.port < 1 || row.port > 65535) return fail("a published place is no address and port", policy.table, row.address + ":" + std::to_string(row.port));
    auto& ranges = places[{*address == 0 ? interval(0, 0xFFFF'FFFF) : ipv4_text(*address), row.port}];
    for (const std::string& from : row.from) {
      const auto network = parse_ipv4_network(from);
      if (!network) return fail("a published place is for nobody that could be", policy.table, "\"" + from + "\" is no network");
      ranges.push_back(*network);
    }
  }
  PublishedTexts texts;
  const auto add = [](std::string& list, const std::string& element) { list += (list.empty() ? "      " : ",\n      ") + element; };
  for (auto& [place, ranges] : places) {
    const std::string door = place.first + " . " + std::to_string(place.second);
    add(texts.doors, door);
    std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < ranges.size();) {
      Range joined = ranges[i];
      while (++i < ranges.size() && (joined.last == 0xFFFF'FFFF || ranges[i].first <= joined.last + 1)) joined.last = std::max(joined.last, ranges[i].last);
      add(texts.allowed, door + " . " + interval(joined.first, joined.last));
    }
  }
  return texts;
}

std::string set_of(std::string_view name, std::string_view type, const std::string& elements) {
  return fmt::format("  set {} {{\n    type {}\n    flags interval{}\n  }}\n", name, type, elements.empty() ? "" : "\n    elements = {\n" + elements + " }");
}

/// The rule that keeps components away from published places; those judge the way in.
std::string published_rule(const UidRange& uids) {
  return fmt::format("    oifname \"lo\" meta skuid {}-{} tcp flags & (syn|ack) == syn ip daddr . tcp dport @doors counter reject with tcp reset\n", uids.first, uids.last);
}

/// What comes in. Loopback addresses are not reached from outside unless somebody set route_localnet (Kubernetes nodes have it set).
std::string input_chain(const std::string& block, bool publishes) {
  std::string text = fmt::format(R"(  chain in {{
    type filter hook input priority filter; policy accept;
    iifname != "lo" ip daddr {} counter drop
)",
                                 block);
  if (publishes)
    text += fmt::format(R"(    meta nfproto != ipv4 accept
    meta l4proto != tcp accept
    tcp flags & (syn|ack) != syn accept
    ip daddr {} accept
    ip daddr . tcp dport != @doors accept
    ip daddr . tcp dport . ip saddr @published accept
    counter reject with tcp reset
)",
                        block);
  return text + "  }\n";
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
  KEELSON_TRY(const PublishedTexts published, published_texts(policy));
  text += "table inet " + policy.table + " {\n  comment \"made by keelson up, mended by it, removed by keelson down\"\n";
  text += set_of("edges", "uid . ipv4_addr . inet_service", elements_of(allowed));
  const bool publishes = !published.doors.empty();
  if (publishes) text += set_of("doors", "ipv4_addr . inet_service", published.doors) + set_of("published", "ipv4_addr . inet_service . ipv4_addr", published.allowed);
  text += fmt::format(R"(  chain out {{
    type filter hook output priority filter; policy accept;
{1}    ip daddr != {0} accept
    tcp flags & (syn|ack) != syn accept
    meta skuid 0 accept
    meta skuid . ip daddr . tcp dport @edges accept
    meta l4proto tcp counter reject with tcp reset
    counter reject with icmp type admin-prohibited
  }}
)",
                      policy.block, publishes ? published_rule(policy.components) : "");
  return text + input_chain(policy.block, publishes) + "}\n";
}

std::vector<PublishedRow> published_rows(const Foundation& foundation) {
  std::vector<PublishedRow> rows;
  for (const Endpoint& endpoint : foundation.endpoints)
    for (const Published& place : endpoint.publish) rows.push_back({place.address, place.port, place.from});
  return rows;
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
