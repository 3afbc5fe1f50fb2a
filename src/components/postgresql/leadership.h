#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "component/kind.h"
#include "protocol/etcd.h"
#include "protocol/http.h"
#include "protocol/kubernetes_api.h"

/// Leader release for PostgreSQL under Patroni (design: docs/design/leader-release.md, rules 1 to 6; that text holds the argument, this
/// room the conditions). Where Patroni elects, in etcd or in objects of Kubernetes' API, is election_store.h's.
namespace keelson::postgresql {

/// What the leader verbs need to know of the foundation: Leadership::facts.
struct LeaderFacts {
  struct Peer {
    std::string name;
    std::string address;
    bool operator==(const Peer&) const = default;
  };
  std::string scope;      ///< Patroni's; also the prefix of its keys: /service/<scope>/
  std::string member;
  std::string address;
  std::string data;       ///< PostgreSQL's data directory
  bool synchronous = true;
  std::vector<Peer> others = {};   ///< the other members
  std::vector<Peer> voters = {};   ///< etcd; none where Patroni elects in objects of Kubernetes' API:
  std::string space = {};                         ///< their namespace,
  std::map<std::string, std::string> labels = {}; ///< their labels, which the members' pods have, too,
  std::map<std::string, std::string> pods = {};   ///< and the names by which Patroni knows the members (all of them): their pods'
  std::string waldump = {};        ///< pg_waldump, and the user to run it as ("" = ourselves)
  std::string user = {};
  std::string balancer = {};       ///< HAProxy's runtime socket; "" = none
  std::vector<std::string> endpoints = {};  ///< its backends that this component serves
  bool operator==(const LeaderFacts&) const = default;
};
Json to_json(const LeaderFacts& facts);
Result<LeaderFacts> leader_facts_from(const std::string& text);

/// What of pg_control matters here (PostgreSQL 15 src/include/catalog/pg_control.h; the same layout since 9.3).
struct ControlFile {
  bool in_production = false;  ///< DB_IN_PRODUCTION: it took writes, or was about to
  std::uint64_t redo = 0;      ///< where recovery would begin
  std::uint32_t timeline = 0;
};
Result<ControlFile> parse_control_file(std::string_view bytes);
Result<ControlFile> read_control_file(const std::string& data);

/// Patroni's keys of one scope, read at one revision (Patroni 3.0 dcs/__init__.py). Of Kubernetes' objects, each as etcd would hold it, members by
/// their own names; mod_revision is then the object's.
struct ClusterKeys {
  std::optional<EtcdKey> leader, sync, config, failover, initialize;
  std::map<std::string, EtcdKey> members = {};  ///< by name, those whose Patroni is registered; in etcd each under the lease of its process
};
ClusterKeys cluster_keys(const std::vector<EtcdKey>& keys, const std::string& scope);
/// Of the ConfigMaps and pods of a scope (Patroni 3.0.2 dcs/kubernetes.py, _cluster_from_nodes). A pod that is ending is left out: it shall inherit nothing.
ClusterKeys cluster_keys(const std::vector<KubernetesObject>& objects, const std::vector<KubernetesObject>& pods, const LeaderFacts& facts);

/// What a candidate's Patroni says of it (GET /patroni).
struct CandidateState {
  std::string name;
  bool running_replica = false;
  bool no_failover = false;       ///< tag nofailover
  std::uint64_t received = 0;     ///< position received and flushed
};

/// Rule 3's conditions that need only the keys: the members Patroni may elect, or the first condition that is not met.
struct Refusal {
  std::string condition;
  std::string reason;
};
struct Verdict {
  std::vector<std::string> candidates = {};
  bool in_sync = false;  ///< the candidates are recorded as synchronous: they have every acknowledged commit
  std::optional<Refusal> refusal = {};
};
Verdict judge_keys(const ClusterKeys& keys, const LeaderFacts& facts);
/// Rule 3's last part: the first candidate that is registered, can lead now and has everything. In sync that is known by the record;
/// else it must have received up to `end_of_log`.
struct Choice {
  std::string heir = {};
  std::optional<Refusal> refusal = {};
};
Choice choose_heir(const Verdict& verdict, const ClusterKeys& keys, const std::map<std::string, Result<CandidateState>>& states, std::uint64_t end_of_log);
/// The compares of rule 4, in etcd: everything that was looked at, the lease of the heir's process, and the revision of the attempt's token.
std::vector<EtcdCompare> release_conditions(const ClusterKeys& keys, const LeaderFacts& facts, const std::string& heir, std::int64_t token);
/// What rule 4 writes if they hold: the leader key as the heir itself would write it.
EtcdKey handed_over(const ClusterKeys& keys, const LeaderFacts& facts, const std::string& heir);
/// keelson's own keys: the attempt's token, and the mark that the release's transaction leaves (tests/model shows why it is another key).
std::string attempt_key(const std::string& scope);
std::string handed_key(const std::string& scope);

bool died_leading(const std::string& facts, const std::string& role, const std::optional<ExitStatus>& status);
bool writable(const std::string& facts);
Release release(World&, const std::string& facts, const std::string& attempt);
Result<void> settle(World&, const std::string& facts);
Lease lease(World&, const std::string& facts);
/// After a change of leaders: wakes members whose Patroni would stand still until its next look (every loop_wait, 10 s). Decides
/// nothing. Ends when nobody waits any more, at most after 5 s.
Result<void> steer(World&, const std::string& facts);
/// The members it wakes, by the keys: replicas that do not run, or on an older timeline, and a leader without a synchronous standby while one streams. Nothing:
/// nobody leads yet, or the leader's own first steps are not over. Pure.
std::optional<std::vector<std::string>> waits_without_need(const ClusterKeys& keys, bool synchronous);
int lease_ms(const std::string& facts);

/// A request to a member's Patroni; reading needs no certificate, changing does. Of the facts' own member or one of the others.
HttpRequest patroni_request(World& world, const LeaderFacts& facts, const std::string& name, std::string path);
/// A key's value; null when it is not there or no JSON.
Json value_of(const std::optional<EtcdKey>& key);
/// Where the fenced member's valid write-ahead log ends, by pg_waldump from the last checkpoint's redo position on.
Result<std::uint64_t> end_of_wal(const LeaderFacts& facts);

}  // namespace keelson::postgresql
