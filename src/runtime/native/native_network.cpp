// The network policy of a foundation: compiled from its edges, compared with the kernel's table, put in force, removed.
//
// What is in force is compared as text with what the kernel listed right after keelson loaded it, by digest: so a table that somebody
// deleted or edited is seen whatever the listing looks like in this version of nftables, and a second `up` reads one small table (2 ms).
#include <algorithm>

#include "runtime/native/firewall.h"
#include "runtime/native/native_runtime.h"
#include "security/network_policy.h"
#include "system/digest.h"

namespace keelson::native {
namespace {

// Where the two digests are kept among those of written files; no instance can have that name.
constexpr const char* kPolicy = "network policy";
constexpr const char* kAsked = "asked";  ///< of the text that was loaded
constexpr const char* kListed = "listed";  ///< of the kernel's listing after that

std::string table_of(const Site& site) { return "keelson_" + std::to_string(site.id); }

Result<std::vector<int>> uids_of(const std::vector<std::string>& users) {
  std::vector<int> uids;
  for (const std::string& user : users) {
    const auto owner = HostUsers::find(user);
    if (!owner)
      return fail_as(ErrorCode::invalid_blueprint, "access.local names " + user + ", who is no user of this machine", "access.local", {},
                     "make the user, or take the name out");
    uids.push_back(owner->uid);
  }
  return uids;
}

bool has_uids(const Site& site, const Foundation& foundation) {
  for (const Component& component : foundation.components)
    if (!site.uids.contains(component.name)) return false;
  return true;
}

/// The block of uids that the components' users are in.
UidRange users_of(const Site& site) {
  UidRange range;
  for (const auto& [component, uid] : site.uids) {
    range.first = range.first == 0 ? uid : std::min(range.first, uid);
    range.last = std::max(range.last, uid);
  }
  return range;
}

Result<std::string> policy_text(const Site& site, const Foundation& foundation) {
  KEELSON_TRY(const std::vector<int> local, uids_of(foundation.local_users));
  KEELSON_TRY(std::vector<NetworkRow> rows, network_rows(foundation, site.uids, local));
  return nftables_text({table_of(site), site.block + ".0/24", std::move(rows), published_rows(foundation), users_of(site)});
}

}  // namespace

Result<ObservedNetwork> NativeRuntime::network(const Foundation& foundation) {
  const Site& site = layout_->site();
  ObservedNetwork network{NetworkState::current, table_of(site), {}};
  if (!site.root) {
    network.state = NetworkState::not_asked;
    network.why = "an ordinary user runs this foundation: one user for all components, and no right to load nftables rules";
    return network;
  }
  const auto table = table_in_force(network.table);
  if (!table) {
    if (table.error().code != ErrorCode::not_supported) return unexpected(table.error());
    network.state = NetworkState::unavailable;
    network.why = "the kernel refuses nftables: " + table.error().why;
    return network;
  }
  KEELSON_TRY(const Digests loaded, loaded_network());
  const auto is = [&](const char* which, const std::string& text) {
    const auto found = loaded.find(which);
    return found != loaded.end() && found->second == sha256_hex(text);
  };
  if (!*table) network.state = NetworkState::missing;
  else if (!is(kListed, **table)) network.state = NetworkState::edited;
  else if (!has_uids(site, foundation)) network.state = NetworkState::stale;  // a new component: its uid is given by `up`
  if (network.state != NetworkState::current) return network;
  KEELSON_TRY(const std::string asked, policy_text(site, foundation));
  if (!is(kAsked, asked)) network.state = NetworkState::stale;
  return network;
}

Result<void> NativeRuntime::enforce_network(const Foundation& foundation) {
  KEELSON_TRY(const std::string text, policy_text(layout_->site(), foundation));
  KEELSON_CHECK(load_rules(text));
  KEELSON_TRY(const auto listed, table_in_force(table_of(layout_->site())));
  if (!listed) return fail("the table is gone again", table_of(layout_->site()), "somebody removed it while keelson loaded it", "find out who, then keelson up");
  return save_digests(kPolicy, {{kAsked, sha256_hex(text)}, {kListed, sha256_hex(*listed)}});
}

/// Nothing where nothing was ever applied: looking makes no state.
Result<Digests> NativeRuntime::loaded_network() {
  KEELSON_TRY(const auto state, machine_.files.info(layout_->site().state_dir));
  return state ? read_digests(kPolicy) : Digests{};
}

Result<void> NativeRuntime::lift_network() {
  const std::string table = table_of(layout_->site());
  const auto there = table_in_force(table);
  if (!there || !*there) return {};  // what cannot be read was never loaded
  KEELSON_TRY(const std::string text, nftables_removal(table));
  return load_rules(text);
}

}  // namespace keelson::native
