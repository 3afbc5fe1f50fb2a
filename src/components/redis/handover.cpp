#include "components/redis/handover.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "components/redis/peers.h"
#include "components/redis/room.h"
#include "system/monotonic.h"

namespace keelson::redis {
namespace {

constexpr int kPauseMs = 30'000;
constexpr int kPriorityMs = 15'000;  ///< Sentinel asks INFO every 10 s
constexpr int kCatchUpMs = 2'000;
constexpr int kPromoteMs = 12'000;   ///< Sentinel's failover-timeout is 10 s unless the blueprint says otherwise: then it has given up
constexpr int kDemoteMs = 2'000;
constexpr std::string_view kPreferred = "1";

bool eventually(int within_ms, const auto& once) {
  for (const std::int64_t until = monotonic_ms() + within_ms;; ::poll(nullptr, 0, kLookAgainMs)) {
    if (once()) return true;
    if (monotonic_ms() >= until) return false;
  }
}

/// The heir is preferred while this lives.
class Preference {
 public:
  Preference(World& world, const LeaderFacts& facts, std::string heir) : world_(world), facts_(facts), heir_(std::move(heir)) {}
  ~Preference() {
    if (!heir_.empty()) static_cast<void>(set(std::string(kPriority)));
  }
  /// Waits until `sentinel` knows.
  Result<void> begin(RespClient& sentinel) {
    if (heir_.empty()) return {};
    KEELSON_CHECK(set(std::string(kPreferred)));
    const bool known = eventually(kPriorityMs, [&] {
      const auto replicas = sentinel.expect({"SENTINEL", "REPLICAS", facts_.master}, Deadline::in_ms(kAnswerMs));
      if (!replicas) return false;
      return std::any_of(replicas->items.begin(), replicas->items.end(),
                         [&](const RespValue& replica) { return replica.value_of("ip") == peer()->address && replica.value_of("slave-priority") == kPreferred; });
    });
    if (!known) return fail("Sentinel does not learn that it is preferred", heir_, "within 15 s");
    return {};
  }

 private:
  const LeaderFacts::Peer* peer() const {
    const auto found = std::find_if(facts_.others.begin(), facts_.others.end(), [this](const auto& one) { return one.name == heir_; });
    return found == facts_.others.end() ? nullptr : &*found;
  }
  Result<void> set(std::string priority) {
    if (peer() == nullptr) return fail("no such replica", heir_);
    KEELSON_TRY(RespClient client, call_peer(world_, facts_, *peer(), kPort));
    KEELSON_CHECK(client.expect({"CONFIG", "SET", "replica-priority", std::move(priority)}, Deadline::in_ms(kAnswerMs)));
    return {};
  }
  World& world_;
  const LeaderFacts& facts_;
  std::string heir_;
};

/// The old master holds writes; `end` lets them go, and whoever forgets it lets the pause end by itself.
class Pause {
 public:
  explicit Pause(RespClient& master) : master_(master) {}
  /// How far the master's stream goes: nothing is written behind it.
  Result<std::int64_t> begin() {
    KEELSON_CHECK(master_.expect({"CLIENT", "PAUSE", std::to_string(kPauseMs), "WRITE"}, Deadline::in_ms(kAnswerMs)));
    KEELSON_TRY(const RespValue info, master_.expect({"INFO", "replication"}, Deadline::in_ms(kAnswerMs)));
    return offset_in(info.text, "master_repl_offset");
  }
  void end() { static_cast<void>(master_.command({"CLIENT", "UNPAUSE"}, Deadline::in_ms(kAnswerMs))); }

 private:
  RespClient& master_;
};

/// Every replica has all up to `end`.
Result<void> wait_for_all(std::vector<Survivor>& replicas, std::int64_t end) {
  for (Survivor& replica : replicas) {
    const bool there = eventually(kCatchUpMs, [&] {
      const auto info = replica.client.expect({"INFO", "replication"}, Deadline::in_ms(kAnswerMs));
      if (info) replica.offset = offset_in(info->text, "slave_repl_offset");
      return replica.offset >= end;
    });
    if (!there) return fail("a replica has not caught up", replica.peer->name, fmt::format("its stream ends at {}, the master's at {}, 2 s after the last write", replica.offset, end));
  }
  return {};
}

/// Failing has no consequence but that writes go on.
Result<void> prepare(std::vector<Survivor>& replicas, Pause& pause) {
  KEELSON_TRY(const std::int64_t end, pause.begin());
  return wait_for_all(replicas, end);
}

/// Fails only when Sentinel surely does not fail over. An answer that does not come, and INPROG, say nothing of the kind.
Result<void> order(RespClient& sentinel, const LeaderFacts& facts) {
  const auto said = sentinel.command({"SENTINEL", "FAILOVER", facts.master}, Deadline::in_ms(kAnswerMs));
  if (said && said->is_error() && !said->text.starts_with("INPROG")) return fail("Sentinel refuses the failover", facts.master, said->text);
  return {};
}

Result<void> demote(RespClient& old, const Survivor& leader) {
  Result<RespValue> said = fail("not asked");
  const bool follows = eventually(kDemoteMs, [&] {
    said = old.expect({"REPLICAOF", leader.peer->address, std::to_string(kPort)}, Deadline::in_ms(kAnswerMs));
    return said.has_value();
  });
  if (!follows) return unexpected(said.error());
  return {};
}

}  // namespace

Result<std::string> hand_over(World& world, const LeaderFacts& facts, const std::string& heir) {
  Sentinels sentinels = ask_sentinels(world, facts);
  if (settled_master(sentinels.answers, facts.sentinels.size()) != facts.own.address)
    return fail_as(ErrorCode::not_healthy, "the Sentinels do not agree that it is master", facts.own.name, {}, "keelson status");
  RespClient& sentinel = sentinels.clients.front();
  Preference preference(world, facts, heir);
  KEELSON_CHECK(preference.begin(sentinel));
  KEELSON_TRY(RespClient old, call_peer(world, facts, facts.own, kPort));
  std::vector<Survivor> replicas = survivors(world, facts);
  if (replicas.size() != facts.others.size()) return fail_as(ErrorCode::not_healthy, "a replica does not answer", facts.master, {}, "keelson status");

  Pause pause(old);
  auto ordered = prepare(replicas, pause);
  if (ordered) ordered = order(sentinel, facts);
  if (!ordered) {
    pause.end();
    return unexpected(std::move(ordered.error()));
  }
  Survivor* leader = nullptr;
  if (!eventually(kPromoteMs, [&] { return (leader = promoted(world, facts, replicas)) != nullptr; }))
    return fail("Sentinel promoted nobody within 12 s", facts.master, "writes are held until it does, 30 s at the most", "keelson status; keelson logs " + facts.own.name);
  KEELSON_CHECK(demote(old, *leader));
  tell(facts, facts.writes, leader->peer->name, ServerOrder::ready);
  tell(facts, facts.writes, leader->peer->name, ServerOrder::up);
  tell(facts, facts.writes, facts.own.name, ServerOrder::down);
  pause.end();
  follow(replicas, *leader);
  wait_for_agreement(world, facts, leader->peer->address);
  return leader->peer->name;
}

}  // namespace keelson::redis
