#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <future>
#include <map>

#include "components/postgresql/leadership.h"
#include "components/postgresql/verbs.h"
#include "components/postgresql/wal_position.h"
#include "protocol/haproxy.h"
#include "system/failpoint.h"
#include "system/monotonic.h"
#include "system/remains.h"

/// Rules 2 (what the supervisor cannot see), 3, 4 and 5, line by line.
namespace keelson::postgresql {
namespace {

constexpr int kCandidateMs = 1'500;
constexpr int kSuccessorMs = 5'000;
constexpr int kLookAgainMs = 10, kAskAgainMs = 50;

/// Rule 2: the cgroup is empty (the supervisor saw to that), but whoever was moved out of it would still be here. A PostgreSQL
/// process has its data directory as its working directory (PostgreSQL 15 miscinit.c, ChangeToDataDir).
std::optional<Refusal> still_alive(const LeaderFacts& facts) {
  if (const std::string user = process_working_in(facts.data); !user.empty()) return Refusal{"data-directory-in-use", user + " works in " + facts.data};
  for (const int port : {kPort, kRestPort})
    if (!port_refuses(facts.address, port)) return Refusal{"port-still-open", fmt::format("{}:{} does not refuse", facts.address, port)};
  return std::nullopt;
}

Result<HttpResponse> ask_patroni(World& world, const LeaderFacts& facts, const std::string& name, std::string path) {
  HttpRequest request = patroni_request(world, facts, name, std::move(path));
  request.timeout_ms = kCandidateMs;
  return http_request(request);
}

Result<CandidateState> ask_candidate(World& world, const LeaderFacts& facts, const std::string& name) {
  KEELSON_TRY(const HttpResponse response, ask_patroni(world, facts, name, "/patroni"));  // 200 for a leader, 503 else: the body tells (Patroni 3.0 REST API)
  KEELSON_TRY(const Json json, parse_json(response.body));
  return CandidateState{name, json["role"].as_string() == "replica" && json["state"].as_string() == "running", json["tags"]["nofailover"].as_bool(),
                        static_cast<std::uint64_t>(json["xlog"]["received_location"].as_int())};
}

/// Every other member is asked at once, while the store is read: an answer costs Patroni (Python) a TLS handshake and a query, more
/// than all else here together.
using Asked = std::map<std::string, std::future<Result<CandidateState>>>;
Asked ask_others(World& world, const LeaderFacts& facts) {
  Asked out;
  for (const auto& peer : facts.others)
    out.emplace(peer.name, std::async(std::launch::async, [&world, &facts, name = peer.name] { return ask_candidate(world, facts, name); }));
  return out;
}

/// Rule 3's last part, once all have answered or had their time.
Choice choose(Asked& asked, const LeaderFacts& facts, const ClusterKeys& keys, const Verdict& verdict) {
  std::uint64_t end_of_log = 0;
  if (!verdict.in_sync) {
    const auto end = end_of_wal(facts);
    if (!end) return {{}, Refusal{"wal-behind", "how much a candidate must have cannot be told: " + describe(end.error())}};
    end_of_log = *end;
  }
  std::map<std::string, Result<CandidateState>> states;
  for (const std::string& name : verdict.candidates)
    if (const auto question = asked.find(name); question != asked.end()) states.emplace(name, question->second.get());
  return choose_heir(verdict, keys, states, end_of_log);
}

constexpr const char* kSettled = "settled";  ///< the token when no attempt is open
constexpr const char* kHanded = "yes";       ///< the mark of a release that took effect
constexpr const char* kNotHanded = "no";

/// Rule 4 for the dead member's own requests: ends every lease that only its processes can have named. A write of the leader key that
/// one of them sent before it died names no revision, but it names a lease, and fails from then on. `ended`: the member's reign is
/// over, so that a leader key that says otherwise is such a write and goes too. A lease that nothing hangs on yet may be that of a
/// Patroni just started; should it be another member's, that asks for a new one (Patroni 3.0.2 dcs/etcd3.py, LeaseNotFound).
Result<void> void_requests_of(Etcd& etcd, const LeaderFacts& facts, bool ended) {
  const std::string prefix = "/service/" + facts.scope + "/";
  const auto own = [&](const std::string& key) { return key == prefix + "members/" + facts.member || (ended && key == prefix + "leader"); };
  KEELSON_TRY(const auto leases, etcd.leases());
  for (const std::int64_t lease : leases) {
    KEELSON_TRY(const auto keys, etcd.keys_of_lease(lease));
    if (std::all_of(keys.begin(), keys.end(), own)) KEELSON_CHECK(etcd.revoke(lease));
  }
  return {};
}

/// Rule 4, in this order: once the token is written anew, every transaction of an earlier attempt compares unequal, however late it
/// comes, so that the mark read next says the last word on whether one took effect. (By revision, not by value: a late copy of the
/// write of an earlier token must not make an earlier transaction fit again. And the mark has a key of its own: such a copy would
/// replace it.) tests/model takes each of these away and sees what happens.
Result<void> settle(Etcd& etcd, const LeaderFacts& facts) {
  KEELSON_CHECK(etcd.put(attempt_key(facts.scope), kSettled));
  failpoint("release-closed");
  const std::string mark = handed_key(facts.scope);
  KEELSON_TRY(const auto read, etcd.read(mark));  // linearizable, so that the leases listed next are at least as new
  const bool handed = !read.empty() && read.front().value == kHanded;
  KEELSON_CHECK(void_requests_of(etcd, facts, handed));
  failpoint("release-void");
  // Compared, so that a late copy of this cannot wipe out the mark of a later attempt.
  if (handed) KEELSON_CHECK(etcd.put_if({{mark, EtcdCompare::Target::mod_revision, {}, read.front().mod_revision}}, {{.key = mark, .value = kNotHanded}}));
  return {};
}

/// The endpoints only; a balancer that does not answer finds out by its own checks.
void tell_endpoints(const LeaderFacts& facts, const std::string& member, ServerOrder order) {
  if (facts.balancer.empty()) return;
  for (const std::string& endpoint : facts.endpoints) {
    const bool primary = endpoint == facts.endpoints.front();
    if (order == ServerOrder::up && !primary) continue;
    static_cast<void>(tell_haproxy(facts.balancer, endpoint, member, order));
  }
}

Release refused(Refusal refusal, bool settled) { return {{}, std::move(refusal.condition), std::move(refusal.reason), settled}; }

/// Whether `member` takes writes, or is about to. In sync it records itself in /sync right before it promotes (Patroni 3.0.2 ha.py,
/// enforce_primary_role), and the store is cheaper to ask than Patroni, which has better things to do; an old answer does no harm.
bool leads(World& world, const LeaderFacts& facts, const ClusterKeys& keys, const std::string& member, bool in_sync) {
  if (in_sync) {
    const auto sync = keys.sync ? parse_json(keys.sync->value) : Result<Json>(Json());
    return sync && (*sync)["leader"].as_string() == member;
  }
  const auto response = ask_patroni(world, facts, member, "/primary");
  return response && response->status == 200;
}

/// Rule 5 (whether it is settled, the caller says): waits for the heir, or whoever the engine's own timers put in its place, and tells the endpoint at once.
Release wait_for_successor(World& world, Etcd& etcd, const LeaderFacts& facts, bool in_sync, std::int64_t began) {
  const std::int64_t handed = monotonic_ms();
  for (const std::int64_t until = handed + kSuccessorMs; monotonic_ms() < until; ::poll(nullptr, 0, in_sync ? kLookAgainMs : kAskAgainMs)) {
    const auto read = etcd.read("/service/" + facts.scope + "/", true);
    if (!read) continue;
    const ClusterKeys keys = cluster_keys(*read, facts.scope);
    if (!keys.leader || keys.leader->value == facts.member || !leads(world, facts, keys, keys.leader->value, in_sync)) continue;
    tell_endpoints(facts, keys.leader->value, ServerOrder::up);
    return {keys.leader->value, {}, fmt::format("handed over {} ms after the fence, {} leads after {} ms", handed - began, keys.leader->value, monotonic_ms() - began), false};
  }
  return {{}, "no-new-leader", "the leadership was handed over, but nobody led within 5 s; Patroni's timers rule", false};
}

}  // namespace

Release release(World& world, const std::string& text, const std::string& attempt) {
  const std::int64_t began = monotonic_ms();
  const auto read_facts = leader_facts_from(text);
  if (!read_facts) return refused({"no-candidate", describe(read_facts.error())}, false);
  const LeaderFacts& facts = *read_facts;
  tell_endpoints(facts, facts.member, ServerOrder::down);
  if (auto alive = still_alive(facts)) return refused(std::move(*alive), false);

  Asked asked = ask_others(world, facts);  // after the fence: what they have received then is all they can have
  Etcd etcd = etcd_of(world, facts);
  const auto token = etcd.put(attempt_key(facts.scope), attempt);
  if (!token) return refused({"etcd-unreachable", describe(token.error())}, false);
  failpoint("release-marked");
  const auto read = etcd.read("/service/" + facts.scope + "/");
  if (!read) return refused({"etcd-unreachable", describe(read.error())}, false);
  const ClusterKeys keys = cluster_keys(*read, facts.scope);
  Verdict verdict = judge_keys(keys, facts);
  if (verdict.refusal) return refused(std::move(*verdict.refusal), false);
  const Choice choice = choose(asked, facts, keys, verdict);
  if (choice.refusal) return refused(*choice.refusal, false);
  failpoint("release-looked");

  const auto handed = etcd.put_if(release_conditions(keys, facts, choice.heir, *token),
                                  {handed_over(keys, facts, choice.heir), {.key = handed_key(facts.scope), .value = kHanded}});
  if (handed && !*handed) return refused({"transaction-refused", "something changed between the look and the release"}, false);
  if (!handed) {
    // Sent, and no answer: look whether it took effect. If not yet, it may still come: settle() sees to that.
    const auto again = etcd.read("/service/" + facts.scope + "/leader");
    const auto leader = again ? cluster_keys(*again, facts.scope).leader : std::nullopt;
    if (!again || (leader && leader->mod_revision == keys.leader->mod_revision))
      return refused({"etcd-unreachable", "no answer to the release: " + describe(handed.error())}, false);
  }
  failpoint("release-handed");
  Release release = wait_for_successor(world, etcd, facts, verdict.in_sync, began);
  failpoint("release-led");
  release.settled = settle(etcd, facts).has_value();
  return release;
}

Result<void> settle(World& world, const std::string& text) {
  KEELSON_TRY(const LeaderFacts facts, leader_facts_from(text));
  Etcd etcd = etcd_of(world, facts);
  return settle(etcd, facts);
}

}  // namespace keelson::postgresql
