#include "blueprint/published.h"

#include <algorithm>

#include "base/ipv4.h"

namespace keelson {
namespace {

constexpr int kFirstPort = 1'024;
constexpr Ipv4Range kLoopback{0x7F00'0000, 0x7FFF'FFFF};
constexpr Ipv4Range kOwnBlocks{0x7F4D'0000, 0x7F4D'FFFF};  // 127.77.0.0/16
constexpr Ipv4Range kNoHosts{0xE000'0000, 0xFFFF'FFFF};    // multicast and beyond
constexpr std::string_view kOwnAt = "write an address of this machine and a port, such as 127.0.0.1:5432";

/// What an `at` or a `from` is wrong in; empty when nothing.
struct Fault {
  std::string message = {};
  std::string next = {};
};

Fault fault_of_at(const std::string& text) {
  const auto place = parse_ipv4_port(text);
  if (!place) return {"is not an IPv4 address and a port", std::string(kOwnAt)};
  if (place->port < kFirstPort) return {"has a port below 1024, which no component may bind", "choose a port from 1024 to 65535"};
  if (kOwnBlocks.contains(place->address)) return {"is among the addresses that keelson gives out (127.77.0.0/16)", std::string(kOwnAt)};
  if (kNoHosts.contains(place->address)) return {"is no address of a machine", std::string(kOwnAt)};
  return {};
}

Fault fault_of_from(const std::string& text) {
  if (parse_ipv4_network(text)) return {};
  return {"is neither an IPv4 address nor a network", "write it like 192.0.2.7 or 192.0.2.0/24, without bits beyond the network's"};
}

const SettingValue* value_of(const Settings& entry, std::string_view name) {
  const auto found = entry.find(name);
  return found == entry.end() ? nullptr : &found->second;
}

bool is_local(const std::string& at) {
  const auto place = parse_ipv4_port(at);
  return place && kLoopback.contains(place->address);
}

/// Both cannot be listened on: the same place, or one of them every address on the same port.
bool clash(const Ipv4Port& one, const Ipv4Port& other) {
  return one.port == other.port && (one.address == other.address || one.address == 0 || other.address == 0);
}

void check_entry(const Settings& entry, const SourceMark& mark, const std::string& path, Problems& problems) {
  const SettingValue* at = value_of(entry, "at");
  const SettingValue* from = value_of(entry, "from");
  if (at != nullptr)
    if (const Fault fault = fault_of_at(at->text()); !fault.message.empty()) problems.add({at->mark, path + ".at", fault.message, {}, fault.next});
  if (from != nullptr)
    for (const SettingValue& one : from->list())
      if (const Fault fault = fault_of_from(one.text()); !fault.message.empty()) problems.add({one.mark, path + ".from", fault.message, {}, fault.next});
  const bool nobody = from == nullptr || from->list().empty();
  if (at != nullptr && nobody && fault_of_at(at->text()).message.empty() && !is_local(at->text()))
    problems.add({mark, path, "says not from whom", at->text() + " can be reached from other machines", "add from:, such as from: [192.0.2.0/24]"});
}

}  // namespace

void check_published(const Settings& top, const std::string& path, Problems& problems) {
  const SettingValue* list = value_of(top, "publish");
  if (list == nullptr) return;
  const std::string own_path = join(path, "publish");
  std::vector<std::pair<Ipv4Port, SourceMark>> taken;
  for (const SettingValue& value : list->list()) {
    check_entry(value.object(), value.mark, own_path, problems);
    const SettingValue* at = value_of(value.object(), "at");
    const auto place = at == nullptr ? std::nullopt : parse_ipv4_port(at->text());
    if (!place) continue;
    const auto other = std::find_if(taken.begin(), taken.end(), [&](const auto& one) { return clash(one.first, *place); });
    if (other != taken.end()) problems.add({at->mark, own_path + ".at", "is taken by what is published at " + other->second.text(), {}, "choose another port"});
    taken.emplace_back(*place, at->mark);
  }
}

std::vector<BlueprintPublished> published(const Settings& top) {
  std::vector<BlueprintPublished> out;
  const SettingValue* list = value_of(top, "publish");
  if (list == nullptr) return out;
  for (const SettingValue& value : list->list()) {
    const Settings& entry = value.object();
    const SettingValue* endpoint = value_of(entry, "endpoint");
    const SettingValue* at = value_of(entry, "at");
    const auto place = at == nullptr ? std::nullopt : parse_ipv4_port(at->text());
    if (endpoint == nullptr || !place) continue;
    Published made{ipv4_text(place->address), place->port, {}};
    if (const SettingValue* from = value_of(entry, "from"))
      for (const SettingValue& one : from->list()) made.from.push_back(one.text());
    if (made.from.empty()) made.from = {"127.0.0.0/8"};
    out.push_back({endpoint->text(), std::move(made), value.mark});
  }
  return out;
}

}  // namespace keelson
