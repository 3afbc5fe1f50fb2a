#include <fmt/format.h>
#include <poll.h>

#include <future>
#include <map>

#include "components/postgresql/election_store.h"
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
Release wait_for_successor(World& world, ElectionStore& store, const LeaderFacts& facts, bool in_sync, std::int64_t began) {
  const std::int64_t handed = monotonic_ms();
  for (const std::int64_t until = handed + kSuccessorMs; monotonic_ms() < until; ::poll(nullptr, 0, in_sync ? kLookAgainMs : kAskAgainMs)) {
    const auto keys = store.look(ElectionStore::Look::glance);
    if (!keys || !keys->leader || keys->leader->value == facts.member || !leads(world, facts, *keys, keys->leader->value, in_sync)) continue;
    tell_endpoints(facts, keys->leader->value, ServerOrder::up);
    return {keys->leader->value, {}, fmt::format("handed over {} ms after the fence, {} leads after {} ms", handed - began, keys->leader->value, monotonic_ms() - began), false};
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
  const auto store = election_store(world, facts);
  const auto refuse = [&](Refusal refusal) { return refused(std::move(refusal), !store->unsettled()); };
  if (const auto begun = store->begin(attempt); !begun) return refuse({store->unreachable(), describe(begun.error())});
  failpoint("release-marked");
  const auto keys = store->look(ElectionStore::Look::fresh);
  if (!keys) return refuse({store->unreachable(), describe(keys.error())});
  Verdict verdict = judge_keys(*keys, facts);
  if (verdict.refusal) return refuse(std::move(*verdict.refusal));
  const Choice choice = choose(asked, facts, *keys, verdict);
  if (choice.refusal) return refuse(*choice.refusal);
  failpoint("release-looked");

  const auto handed = store->hand_over(*keys, choice.heir);
  if (handed && !*handed) return refuse({"transaction-refused", "something changed between the look and the release"});
  if (!handed) {
    // Sent, and no answer: look whether it took effect. If not yet, it may still come: settle() sees to that.
    const auto again = store->look(ElectionStore::Look::fresh);
    if (!again || (again->leader && again->leader->mod_revision == keys->leader->mod_revision))
      return refuse({store->unreachable(), "no answer to the release: " + describe(handed.error())});
  }
  failpoint("release-handed");
  Release release = wait_for_successor(world, *store, facts, verdict.in_sync, began);
  failpoint("release-led");
  release.settled = !store->unsettled() || store->settle().has_value();
  return release;
}

Result<void> settle(World& world, const std::string& text) {
  KEELSON_TRY(const LeaderFacts facts, leader_facts_from(text));
  return election_store(world, facts)->settle();
}

Lease lease(World& world, const std::string& text) {
  using Hold = Lease::Hold;
  const auto facts = leader_facts_from(text);
  if (!facts) return {Hold::exempt, 0, describe(facts.error())};
  const auto store = election_store(world, *facts);
  const auto keys = store->look(ElectionStore::Look::fresh);
  if (!keys) return {Hold::unknown, 0, describe(keys.error())};
  // Until the first member is set up the key is absent or empty, and that member writes without a lease (Patroni 3.0 ha.py,
  // bootstrap and post_bootstrap).
  if (!keys->initialize || keys->initialize->value.empty()) return {Hold::exempt, 0, "the cluster is being set up"};
  if (value_of(keys->config)["pause"].as_bool()) return {Hold::exempt, 0, "Patroni is in its pause mode"};
  if (!keys->leader) return {Hold::lost, 0, "nobody holds the leader key"};
  if (keys->leader->value != facts->member) return {Hold::lost, 0, keys->leader->value + " holds the leader key"};
  const auto left = store->seconds_left(*keys);
  if (!left) return {Hold::unknown, 0, describe(left.error())};
  if (!*left) return {Hold::lost, 0, "the lease of the leader key is over"};
  return {Hold::held, **left * 1000, "the lease has " + std::to_string(**left) + " s left"};
}

}  // namespace keelson::postgresql
