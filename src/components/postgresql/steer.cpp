#include <poll.h>

#include <map>

#include "components/postgresql/election_store.h"
#include "components/postgresql/verbs.h"
#include "system/monotonic.h"

namespace keelson::postgresql {
namespace {

constexpr int kSteerMs = 5'000;
constexpr int kLookAgainMs = 100;
constexpr int kWakeAgainMs = 500;

/// A change that changes nothing: Patroni merges it, writes nothing and looks around (Patroni 3.0.2 api.py, do_PATCH_config).
void wake(World& world, const LeaderFacts& facts, const std::string& name) {
  HttpRequest request = patroni_request(world, facts, name, "/config");
  if (request.address.empty()) return;  // a member that the blueprint does not know
  request.method = "PATCH";
  request.body = R"({"keelson_wakes":null})";
  request.certificate_file = world.certificate_file(TrustDomain::control);
  request.key_file = world.key_file(TrustDomain::control);
  request.timeout_ms = kWakeAgainMs;
  static_cast<void>(http_request(request));
}

}  // namespace

/// Two steps of Patroni wait for its next look although everything they need is there:
/// - a replica that must rewind stands still until the new leader's checkpoint is over (rewind.py, execute), which is told in a key
///   that wakes nobody (dcs/etcd3.py, _process_event: the member keys are not among those that do);
/// - the leader names its synchronous standby in a look of its own (ha.py, process_sync_replication), not when one begins to stream.
std::optional<std::vector<std::string>> waits_without_need(const ClusterKeys& keys, bool synchronous) {
  if (!keys.leader) return std::nullopt;
  const auto leader = keys.members.find(keys.leader->value);
  if (leader == keys.members.end()) return std::nullopt;
  const Json leads = value_of(leader->second);
  if (leads["state"].as_string() != "running" || leads["role"].as_string() == "replica" || !leads["checkpoint_after_promote"].as_bool(true)) return std::nullopt;
  std::vector<std::string> out;
  bool streams = false;
  for (const auto& [name, key] : keys.members) {
    if (name == keys.leader->value) continue;
    const Json follows = value_of(key);
    const bool follows_it = follows["timeline"].as_int() >= leads["timeline"].as_int();  // written at the end of a look, so it may be old: then a look mends it
    if (follows["state"].as_string() == "running" && follows_it) streams = true;
    else out.push_back(name);
  }
  const Json sync = value_of(keys.sync);
  if (synchronous && streams && sync["sync_standby"].as_string().empty()) out.push_back(keys.leader->value);
  return out;
}

Result<void> steer(World& world, const std::string& text) {
  KEELSON_TRY(const LeaderFacts facts, leader_facts_from(text));
  const auto store = election_store(world, facts);
  std::map<std::string, std::int64_t> woken;
  for (const std::int64_t until = monotonic_ms() + kSteerMs; monotonic_ms() < until; ::poll(nullptr, 0, kLookAgainMs)) {
    KEELSON_TRY(const ClusterKeys keys, store->look(ElectionStore::Look::glance));
    const auto waiting = waits_without_need(keys, facts.synchronous);
    if (waiting && waiting->empty()) return {};
    if (!waiting) continue;
    for (const std::string& name : *waiting) {
      if (monotonic_ms() - woken[name] < kWakeAgainMs) continue;
      woken[name] = monotonic_ms();
      wake(world, facts, name);
    }
  }
  return {};
}

}  // namespace keelson::postgresql
