#include "components/postgresql/leadership.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "async/pidfd.h"
#include "base/encoding.h"
#include "components/postgresql/verbs.h"
#include "components/postgresql/wal_position.h"
#include "system/files.h"

namespace keelson::postgresql {
namespace {

constexpr int kTtlMs = 30'000;  // dynamic_configuration() writes it; a value changed by hand is drift and is mended

Json peers_json(const std::vector<LeaderFacts::Peer>& peers) {
  Json out = Json::array();
  for (const auto& peer : peers) out.push(Json::object().set("name", peer.name).set("address", peer.address));
  return out;
}

std::vector<LeaderFacts::Peer> peers_from(const Json& json) {
  std::vector<LeaderFacts::Peer> out;
  for (const Json& peer : json.items()) out.push_back({peer["name"].as_string(), peer["address"].as_string()});
  return out;
}

template <typename Number>
Number at(std::string_view bytes, std::size_t offset) {
  Number out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

/// Names separated by commas (Patroni 3.0 writes /sync so).
std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    if (end > begin) out.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

/// The lease of a member's Patroni process; nothing when it is not registered.
std::optional<std::int64_t> lease_of(const ClusterKeys& keys, const std::string& member) {
  const auto registered = keys.members.find(member);
  if (registered == keys.members.end() || registered->second.lease == 0) return std::nullopt;
  return registered->second.lease;
}

Verdict refuse(std::string condition, std::string reason) { return {{}, false, Refusal{std::move(condition), std::move(reason)}}; }

}  // namespace

Json value_of(const std::optional<EtcdKey>& key) {
  if (!key) return {};
  auto json = parse_json(key->value);
  return json ? *json : Json();
}

Json to_json(const LeaderFacts& facts) {
  Json endpoints = Json::array();
  for (const std::string& endpoint : facts.endpoints) endpoints.push(endpoint);
  Json out = Json::object();
  out.set("scope", facts.scope)
      .set("member", facts.member)
      .set("address", facts.address)
      .set("data", facts.data)
      .set("synchronous", facts.synchronous)
      .set("others", peers_json(facts.others))
      .set("voters", peers_json(facts.voters))
      .set("waldump", facts.waldump)
      .set("user", facts.user)
      .set("balancer", facts.balancer)
      .set("endpoints", std::move(endpoints));
  if (!facts.space.empty()) out.set("space", facts.space).set("labels", string_map_json(facts.labels)).set("pods", string_map_json(facts.pods));
  return out;
}

Result<LeaderFacts> leader_facts_from(const std::string& text) {
  KEELSON_TRY(const Json json, parse_json(text));
  LeaderFacts out;
  out.scope = json["scope"].as_string();
  out.member = json["member"].as_string();
  out.address = json["address"].as_string();
  out.data = json["data"].as_string();
  out.synchronous = json["synchronous"].as_bool(true);
  out.others = peers_from(json["others"]);
  out.voters = peers_from(json["voters"]);
  out.waldump = json["waldump"].as_string();
  out.user = json["user"].as_string();
  out.balancer = json["balancer"].as_string();
  for (const Json& endpoint : json["endpoints"].items()) out.endpoints.push_back(endpoint.as_string());
  out.space = json["space"].as_string();
  out.labels = string_map_from(json["labels"]);
  out.pods = string_map_from(json["pods"]);
  if (out.scope.empty() || out.member.empty() || out.data.empty()) return fail("a leader's facts are incomplete", out.member);
  return out;
}

// Offsets of ControlFileData, 64-bit: system_identifier 0, pg_control_version 8, catalog_version_no 12, state 16, time 24,
// checkPoint 32, checkPointCopy 40 { redo, ThisTimeLineID 48 … }. DBState: … DB_IN_ARCHIVE_RECOVERY 5, DB_IN_PRODUCTION 6.
Result<ControlFile> parse_control_file(std::string_view bytes) {
  constexpr std::uint32_t kVersion = 1300;  // PostgreSQL 13 to 16
  constexpr std::uint32_t kInProduction = 6;
  if (bytes.size() < 52) return fail("pg_control is too short", {}, std::to_string(bytes.size()) + " bytes");
  if (const auto version = at<std::uint32_t>(bytes, 8); version != kVersion)
    return fail("pg_control is of another version", {}, std::to_string(version));
  return ControlFile{at<std::uint32_t>(bytes, 16) == kInProduction, at<std::uint64_t>(bytes, 40), at<std::uint32_t>(bytes, 48)};
}

Result<ControlFile> read_control_file(const std::string& data) {
  RealFiles files;
  KEELSON_TRY(const std::string bytes, files.read(data + "/global/pg_control", 64 << 10));
  return parse_control_file(bytes);
}

ClusterKeys cluster_keys(const std::vector<EtcdKey>& keys, const std::string& scope) {
  const std::string prefix = "/service/" + scope + "/";
  ClusterKeys out;
  for (const EtcdKey& key : keys) {
    if (key.key == prefix + "leader") out.leader = key;
    if (key.key == prefix + "sync") out.sync = key;
    if (key.key == prefix + "config") out.config = key;
    if (key.key == prefix + "failover") out.failover = key;
    if (key.key == prefix + "initialize") out.initialize = key;
    if (key.key.starts_with(prefix + "members/")) out.members.emplace(key.key.substr(prefix.size() + 8), key);
  }
  return out;
}

Verdict judge_keys(const ClusterKeys& keys, const LeaderFacts& facts) {
  const Json config = value_of(keys.config);
  if (!config.is_object()) return refuse("paused", "the dynamic configuration cannot be read, so a pause cannot be ruled out");
  if (config["pause"].as_bool()) return refuse("paused", "Patroni is in its pause mode: the operator leads");
  if (config.has("standby_cluster")) return refuse("standby-cluster", "this cluster follows another one");
  if (keys.failover && !keys.failover->value.empty() && keys.failover->value != "{}")
    return refuse("failover-pending", "a switchover or failover was asked for and is not done");
  if (!keys.leader) return refuse("not-the-leader", "nobody holds the leader key: an election runs already");
  if (keys.leader->value != facts.member) return refuse("not-the-leader", keys.leader->value + " holds the leader key");
  const Json sync = value_of(keys.sync);
  const bool kept_in_sync = sync.is_object() && !sync["leader"].as_string().empty();
  Verdict out{.in_sync = kept_in_sync};
  if (facts.synchronous && !kept_in_sync) return refuse("sync-missing", "the blueprint says synchronous, but no member is recorded as synchronous");
  if (kept_in_sync) {
    if (sync["leader"].as_string() != facts.member) return refuse("not-sync-leader", "the synchronous pair was led by " + sync["leader"].as_string());
    out.candidates = names_in(sync["sync_standby"].as_string());
  } else {
    for (const auto& peer : facts.others) out.candidates.push_back(peer.name);
  }
  if (out.candidates.empty()) return refuse("no-candidate", "no other member has every acknowledged commit");
  return out;
}

Choice choose_heir(const Verdict& verdict, const ClusterKeys& keys, const std::map<std::string, Result<CandidateState>>& states, std::uint64_t end_of_log) {
  Refusal last{"candidate-unfit", "no candidate"};
  for (const std::string& name : verdict.candidates) {
    const auto state = states.find(name);
    if (state == states.end()) last = {"candidate-unfit", "the blueprint knows no member " + name};
    else if (!keys.members.contains(name)) last = {"candidate-unfit", "no Patroni of " + name + " is registered"};
    else if (!state->second) last = {"candidate-unfit", name + ": " + describe(state->second.error())};
    else if (!state->second->running_replica) last = {"candidate-unfit", name + " is not a running replica"};
    else if (state->second->no_failover) last = {"candidate-unfit", name + " is tagged nofailover"};
    else if (!verdict.in_sync && state->second->received < end_of_log)
      last = {"wal-behind", fmt::format("{} received up to {}, the dead member wrote up to {}", name, format_position(state->second->received), format_position(end_of_log))};
    else return {name, {}};
  }
  return {{}, std::move(last)};
}

std::string attempt_key(const std::string& scope) { return "/keelson/" + scope + "/attempt"; }
std::string handed_key(const std::string& scope) { return "/keelson/" + scope + "/handed"; }

std::vector<EtcdCompare> release_conditions(const ClusterKeys& keys, const LeaderFacts& facts, const std::string& heir, std::int64_t token) {
  using Target = EtcdCompare::Target;
  const std::string prefix = "/service/" + facts.scope + "/";
  std::vector<EtcdCompare> out;
  const auto unchanged = [&](const char* name, const std::optional<EtcdKey>& key) {
    // A key that was not there must still not be there; the mod revision stays the same for a whole reign, as Patroni only keeps
    // the lease of its leader key alive.
    if (key) out.push_back({prefix + name, Target::mod_revision, {}, key->mod_revision});
    else out.push_back({prefix + name, Target::create_revision});
  };
  out.push_back({prefix + "leader", Target::value, facts.member});
  out.push_back({prefix + "leader", Target::lease, {}, keys.leader ? keys.leader->lease : 0});
  unchanged("leader", keys.leader);
  unchanged("sync", keys.sync);
  unchanged("config", keys.config);
  unchanged("failover", keys.failover);
  out.push_back({prefix + "members/" + heir, Target::lease, {}, lease_of(keys, heir).value_or(-1)});  // -1: never equal
  out.push_back({attempt_key(facts.scope), Target::mod_revision, {}, token});
  return out;
}

EtcdKey handed_over(const ClusterKeys& keys, const LeaderFacts& facts, const std::string& heir) {
  return {.key = "/service/" + facts.scope + "/leader", .value = heir, .lease = lease_of(keys, heir).value_or(0)};
}

bool writable(const std::string& text) {
  const auto facts = leader_facts_from(text);
  if (!facts) return false;
  const auto control = read_control_file(facts->data);
  return control && control->in_production;
}

/// Rule 1. `role` is unknown until the member's Patroni has renewed the leader key once since it was started: before that its first
/// write of the key, which names no revision (Patroni 3.0.2 dcs/etcd3.py, _update_leader), may still be on its way. (conf/patroni.py
/// compares; nothing here rests on that.)
/// A clean end (restart, demotion, a DBA's stop, an immediate shutdown too) removes postmaster.pid on its way out
/// (PostgreSQL 15 miscinit.c, UnlinkLockFiles); only a postmaster that was killed leaves it behind.
bool died_leading(const std::string& text, const std::string& role, const std::optional<ExitStatus>&) {
  if (role != "primary") return false;
  const auto facts = leader_facts_from(text);
  if (!facts) return false;
  RealFiles files;
  const auto left = files.read(facts->data + "/postmaster.pid", 4096);
  if (!left) return false;
  int pid = 0;
  std::from_chars(left->data(), left->data() + left->size(), pid);
  if (pid > 0 && process_start_time(pid)) return false;
  return writable(text);
}

int lease_ms(const std::string&) { return kTtlMs; }

HttpRequest patroni_request(World& world, const LeaderFacts& facts, const std::string& name, std::string path) {
  HttpRequest out;
  out.host = name;
  if (facts.member == name) out.address = facts.address;
  for (const auto& peer : facts.others)
    if (peer.name == name) out.address = peer.address;
  out.port = kRestPort;
  out.path = std::move(path);
  out.trust_file = world.trust_file(TrustDomain::control);
  return out;
}

}  // namespace keelson::postgresql
