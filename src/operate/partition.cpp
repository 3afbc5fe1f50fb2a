#include "operate/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/ipv4.h"
#include "security/network_policy.h"

namespace keelson::operate {
namespace {

bool is_path(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/' || c == ':' || c == '@';
  });
}

Result<std::string> cgroups(const Cut& cut, const std::vector<std::string>& instances) {
  std::string out;
  for (const std::string& name : instances) {
    if (!is_path(name)) return fail("not the name of a cgroup", cut.table, name);
    out += fmt::format("{}\"{}/{}\"", out.empty() ? "" : ", ", cut.parent, name);
  }
  return out;
}

Result<std::string> addresses(const Cut& cut, const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& address : list) {
    if (!parse_ipv4(address)) return fail("not an address", cut.table, address);
    out += (out.empty() ? "" : ", ") + address;
  }
  return out;
}

}  // namespace

Result<std::string> partition_text(const Cut& cut) {
  KEELSON_TRY(std::string text, nftables_removal(cut.table));
  if (!is_path(cut.parent) || cut.level < 1 || cut.timeout_s < 1 || cut.peers.empty()) return fail("not a cut", cut.table, cut.parent);
  std::vector<std::string> others = cut.peers;
  others.insert(others.end(), cut.kept.begin(), cut.kept.end());
  KEELSON_TRY(const std::string peers, cgroups(cut, cut.peers));
  KEELSON_TRY(const std::string known, cgroups(cut, others));
  KEELSON_TRY(const std::string member, addresses(cut, {cut.member}));
  KEELSON_TRY(const std::string places, addresses(cut, cut.peer_addresses));
  return text + fmt::format(R"(table inet {table} {{
  comment "made by keelson drill partition, ends by itself"
  set cut {{
    type cgroupsv2
    flags timeout
    elements = {{ "{parent}" timeout {timeout}s }}
  }}
  set peers {{
    type cgroupsv2
    elements = {{ {peers} }}
  }}
  set others {{
    type cgroupsv2
    elements = {{ {known} }}
  }}
  set places {{
    type ipv4_addr
    elements = {{ {places} }}
  }}
  chain out {{
    type filter hook output priority filter; policy accept;
    socket cgroupv2 level {above} @cut socket cgroupv2 level {level} != @others ip daddr @places counter drop
    socket cgroupv2 level {above} @cut socket cgroupv2 level {level} @peers ip daddr {member} counter drop
  }}
  chain in {{
    type filter hook input priority filter; policy accept;
    socket cgroupv2 level {above} @cut socket cgroupv2 level {level} != @others ip saddr @places counter drop
    socket cgroupv2 level {above} @cut socket cgroupv2 level {level} @peers ip saddr {member} counter drop
  }}
}}
)",
                            fmt::arg("table", cut.table), fmt::arg("parent", cut.parent), fmt::arg("timeout", cut.timeout_s), fmt::arg("peers", peers),
                            fmt::arg("known", known), fmt::arg("places", places), fmt::arg("above", cut.level - 1), fmt::arg("level", cut.level),
                            fmt::arg("member", member));
}

std::string cgroup2_in(std::string_view proc_cgroup) {
  std::istringstream lines{std::string(proc_cgroup)};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::/")) return line.substr(3);
  return {};
}

std::string cgroup2_mount_in(std::string_view mountinfo) {
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream words(line);  // proc(5): the fifth field is the mount point
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    return word;
  }
  return {};
}

}  // namespace keelson::operate
