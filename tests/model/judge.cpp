#include "judge.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <tuple>

#include "components/postgresql/leadership.h"

namespace keelson::model {
namespace {

namespace pg = postgresql;

constexpr const char* kScope = "m";

std::string member(int who) { return "m" + std::to_string(who); }
std::string key_of(const char* name) { return std::string("/service/") + kScope + "/" + name; }
std::string quoted(std::uint8_t who) { return who == kNobody ? "null" : "\"" + member(who) + "\""; }

pg::LeaderFacts facts_of(Durability durability) {
  pg::LeaderFacts facts{.scope = kScope, .member = member(0), .address = {}, .data = "/", .synchronous = durability == Durability::synchronous};
  for (int who = 1; who < kMembers; ++who) facts.others.push_back({member(who), {}});
  return facts;
}

/// The keys as etcd would hold them.
pg::ClusterKeys keys_of(const Seen& seen, Durability durability) {
  std::vector<EtcdKey> keys;
  // A lease lives as long as a reign.
  if (seen.leader != kNobody) keys.push_back({key_of("leader"), member(seen.leader), 1, seen.leader_revision, 100 + seen.leader_revision});
  if (durability == Durability::synchronous)
    keys.push_back({key_of("sync"), "{\"leader\":" + quoted(seen.sync_leader) + ",\"sync_standby\":" + quoted(seen.sync_standby) + "}", 1, seen.sync_revision});
  for (int who = 1; who < kMembers; ++who) keys.push_back({key_of(("members/" + member(who)).c_str()), "{}", 1, 1, 50 + who});
  keys.push_back({key_of("config"), seen.paused ? "{\"pause\":true}" : "{}", 1, seen.config_revision});
  return pg::cluster_keys(keys, kScope);
}

Seen seen_now(const Store& s) { return {s.token, s.token_revision, s.leader, s.leader_revision, s.sync_leader, s.sync_standby, s.sync_revision, s.paused, s.config_revision, kNobody}; }

bool dropped(const EtcdCompare& compare, Without without) {
  switch (without) {
    case Without::compare_leader: return compare.key == key_of("leader");
    case Without::compare_sync: return compare.key == key_of("sync");
    case Without::compare_config: return compare.key == key_of("config");
    case Without::compare_token:
    case Without::token_by_revision: return compare.key == pg::attempt_key(kScope);
    case Without::nothing:
    case Without::fence:
    case Without::look_at_the_log:
    case Without::handing_over:
    case Without::writing_down:
    case Without::settling:
    case Without::voiding:
    case Without::mark_of_its_own:
    case Without::closing_first:
    case Without::comparing_writer: return false;
  }
  return false;
}

/// etcd's own answer to a compare (etcd 3.4 API reference, Compare): an absent key has revisions and lease 0 and fits no value.
bool fits(const EtcdCompare& compare, const pg::ClusterKeys& keys, const Store& store) {
  std::optional<EtcdKey> key;
  if (compare.key == key_of("leader")) key = keys.leader;
  if (compare.key == key_of("sync")) key = keys.sync;
  if (compare.key == key_of("config")) key = keys.config;
  if (compare.key == key_of("failover")) key = keys.failover;
  for (const auto& [name, registered] : keys.members)
    if (compare.key == registered.key) key = registered;
  if (compare.key == pg::attempt_key(kScope)) key = EtcdKey{compare.key, std::to_string(store.token), 1, store.token_revision};
  switch (compare.target) {
    case EtcdCompare::Target::value: return key && key->value == compare.text;
    case EtcdCompare::Target::create_revision: return (key ? key->create_revision : 0) == compare.number;
    case EtcdCompare::Target::mod_revision: return (key ? key->mod_revision : 0) == compare.number;
    case EtcdCompare::Target::lease: return (key ? key->lease : 0) == compare.number;
  }
  return false;
}

bool ask(const Seen& seen, const Store& store, Durability durability, Without without) {
  const pg::ClusterKeys now = keys_of(seen_now(store), durability);
  if (without == Without::token_by_revision && seen.token != store.token) return false;
  for (const EtcdCompare& compare : pg::release_conditions(keys_of(seen, durability), facts_of(durability), member(seen.heir), seen.token_revision))
    if (!dropped(compare, without) && !fits(compare, now, store)) return false;
  return true;
}

}  // namespace

std::uint8_t heir_of(const State& state, const Seen& seen, Durability durability, Without without) {
  const pg::ClusterKeys keys = keys_of(seen, durability);
  const pg::Verdict verdict = pg::judge_keys(keys, facts_of(durability));
  if (verdict.refusal) return kNobody;
  std::map<std::string, Result<pg::CandidateState>> states;
  for (int who = 1; who < kMembers; ++who) {
    const std::uint64_t has = without == Without::look_at_the_log ? state.measured : state.has[who];
    states.emplace(member(who), pg::CandidateState{member(who), state.engine[who] == Engine::replica, false, has});
  }
  const pg::Choice choice = pg::choose_heir(verdict, keys, states, state.measured);
  return choice.refusal ? kNobody : static_cast<std::uint8_t>(choice.heir.back() - '0');
}

bool holds(const Seen& seen, const Store& store, Durability durability, Without without) {
  // The same few questions are asked millions of times.
  using Bytes = std::array<std::uint8_t, sizeof(Seen) + sizeof(Store) + 2>;
  static_assert(sizeof(Seen) == 10 && sizeof(Store) == 10, "bytes only, no gaps");
  static std::map<Bytes, bool> known;
  Bytes bytes{};
  std::memcpy(bytes.data(), &seen, sizeof seen);
  std::memcpy(bytes.data() + sizeof seen, &store, sizeof store);
  bytes[sizeof seen + sizeof store] = static_cast<std::uint8_t>(durability);
  bytes[sizeof seen + sizeof store + 1] = static_cast<std::uint8_t>(without);
  const auto [place, fresh] = known.try_emplace(bytes, false);
  if (fresh) place->second = ask(seen, store, durability, without);
  return place->second;
}

}  // namespace keelson::model
