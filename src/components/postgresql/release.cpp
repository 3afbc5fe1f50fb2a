#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <future>
#include <map>

#include "components/postgresql/leadership.h"
#include "components/postgresql/verbs.h"
#include "components/postgresql/wal_position.h"
#include "protocol/haproxy.h"
#include "system/remains.h"

/// Rules 2 (what the supervisor cannot see), 3, 4 and 5, line by line. The model in tests/model checks this order.
namespace keelson::postgresql {
namespace {

constexpr int kCandidateMs = 1'500;
constexpr int kSuccessorMs = 5'000;
constexpr int kLookAgainMs = 10;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

/// Rule 2: the cgroup is empty (the supervisor saw to that), but whoever was moved out of it would still be here. A PostgreSQL
/// process has its data directory as its working directory (PostgreSQL 15 miscinit.c, ChangeToDataDir).
std::optional<Refusal> still_alive(const LeaderFacts& facts) {
  if (const std::string user = process_working_in(facts.data); !user.empty()) return Refusal{"data-directory-in-use", user + " works in " + facts.data};
  for (const int port : {kPort, kRestPort})
    if (!port_refuses(facts.address, port)) return Refusal{"port-still-open", fmt::format("{}:{} does not refuse", facts.address, port)};
  return std::nullopt;
}

std::string address_of(const LeaderFacts& facts, const std::string& member) {
  for (const auto& peer : facts.others)
    if (peer.name == member) return peer.address;
  return {};
}

Result<CandidateState> ask_candidate(World& world, const LeaderFacts& facts, const std::string& name) {
  HttpRequest request;
  request.host = name;
  request.address = address_of(facts, name);
  request.port = kRestPort;
  request.path = "/patroni";
  request.trust_file = world.trust_file(TrustDomain::control);
  request.timeout_ms = kCandidateMs;
  KEELSON_TRY(const HttpResponse response, http_request(request));  // 200 for a leader, 503 else: the body tells (Patroni 3.0 REST API)
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

/// Rule 3's last part: at least one candidate answers now, may lead, and misses nothing.
std::optional<Refusal> no_fit_candidate(Asked& asked, const LeaderFacts& facts, const ClusterKeys& keys, const std::vector<std::string>& candidates) {
  const bool recorded = keys.sync && keys.sync->value.find(facts.member) != std::string::npos;
  std::uint64_t needed = 0;
  if (!recorded) {
    const auto end = end_of_wal(facts);
    if (!end) return Refusal{"wal-behind", "how much a candidate must have cannot be told: " + describe(end.error())};
    needed = *end;
  }
  Refusal last{"candidate-unfit", {}};
  for (const std::string& name : candidates) {
    const auto question = asked.find(name);
    if (question == asked.end()) {
      last = {"candidate-unfit", "the blueprint knows no member " + name};
      continue;
    }
    const auto state = question->second.get();
    if (!state) last = {"candidate-unfit", name + ": " + describe(state.error())};
    else if (!state->running_replica) last = {"candidate-unfit", name + " is not a running replica"};
    else if (state->no_failover) last = {"candidate-unfit", name + " is tagged nofailover"};
    else if (state->received < needed)
      last = {"wal-behind", fmt::format("{} received up to {}, the dead member wrote up to {}", name, format_position(state->received), format_position(needed))};
    else return std::nullopt;
  }
  return last;
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

/// Rule 5: waits for another member to hold the leader key, and tells the endpoint the moment it does. Until then clients find no
/// server; Patroni's /primary answers 200 from the same moment on (Patroni 3.0 api.py: whether it holds the lock). That the old
/// reign is over is known already, so an old answer does no harm here, and the cluster has better things to do than agree on each.
Release wait_for_successor(Etcd& etcd, const LeaderFacts& facts, std::int64_t began) {
  const std::int64_t released = now_ms();
  for (const std::int64_t until = released + kSuccessorMs; now_ms() < until; ::poll(nullptr, 0, kLookAgainMs)) {
    const auto read = etcd.read("/service/" + facts.scope + "/leader", true);
    if (!read) continue;
    const auto leader = cluster_keys(*read, facts.scope).leader;
    if (!leader || leader->value.empty() || leader->value == facts.member) continue;
    tell_endpoints(facts, leader->value, ServerOrder::up);
    return {leader->value, {}, fmt::format("given up {} ms after the fence, taken by {} after {} ms", released - began, leader->value, now_ms() - began), true};
  }
  return {{}, "no-new-leader", "the leadership was given up, but nobody took it within 5 s; Patroni's timers rule", true};
}

}  // namespace

Release release(World& world, const std::string& text, const std::string& attempt) {
  const std::int64_t began = now_ms();
  const auto read_facts = leader_facts_from(text);
  if (!read_facts) return refused({"no-candidate", describe(read_facts.error())}, false);
  const LeaderFacts& facts = *read_facts;
  tell_endpoints(facts, facts.member, ServerOrder::down);
  if (auto alive = still_alive(facts)) return refused(std::move(*alive), false);

  Asked asked = ask_others(world, facts);  // after the fence: what they have received then is all they can have
  Etcd etcd = etcd_of(world, facts);
  const auto token = etcd.put(attempt_key(facts.scope), attempt);
  if (!token) return refused({"etcd-unreachable", describe(token.error())}, false);
  const auto read = etcd.read("/service/" + facts.scope + "/");
  if (!read) return refused({"etcd-unreachable", describe(read.error())}, false);
  const ClusterKeys keys = cluster_keys(*read, facts.scope);
  Verdict verdict = judge_keys(keys, facts);
  if (verdict.refusal) return refused(std::move(*verdict.refusal), false);
  if (auto unfit = no_fit_candidate(asked, facts, keys, verdict.candidates)) return refused(std::move(*unfit), false);

  const auto erased = etcd.erase_if(release_conditions(keys, facts, *token), "/service/" + facts.scope + "/leader");
  if (erased && !*erased) return refused({"transaction-refused", "something changed between the look and the release"}, false);
  if (!erased) {
    // Sent, and no answer: look whether it took effect. If not yet, it may still come: settle() sees to that.
    const auto again = etcd.read("/service/" + facts.scope + "/leader");
    const auto leader = again ? cluster_keys(*again, facts.scope).leader : std::nullopt;
    if (!again || (leader && leader->mod_revision == keys.leader->mod_revision))
      return refused({"etcd-unreachable", "no answer to the release: " + describe(erased.error())}, false);
  }
  return wait_for_successor(etcd, facts, began);
}

/// Rule 4: once the token is written anew, every transaction of an earlier attempt compares unequal, however late it comes. (By
/// revision, not by value: a late copy of the write of an earlier token must not make an earlier transaction fit again.)
Result<void> settle(World& world, const std::string& text) {
  KEELSON_TRY(const LeaderFacts facts, leader_facts_from(text));
  auto put = etcd_of(world, facts).put(attempt_key(facts.scope), "settled");
  if (!put) return unexpected(std::move(put).error());
  return {};
}

}  // namespace keelson::postgresql
