#pragma once
#include <array>
#include <cstdint>
#include <string>

/// The world in which a leadership is released, small enough to look at every state it can get into.
///
/// Three members. Member 0 leads and is the only one that dies; members 1 and 2 follow it and may be elected by Patroni, which is
/// modelled as it is written (3.0.2 ha.py, dcs/etcd3.py), faults included: it acts on a view of the keys that may be old, and does
/// not ask again who may lead once it holds the leader key. One etcd, linearizable. One agent, which may die between any two lines.
/// Requests may be lost, late, or arrive twice; answers may be lost. Member 0 has one commit to write, its successor another.
namespace keelson::model {

constexpr int kMembers = 3;
constexpr std::uint8_t kNobody = 3;      ///< no member
constexpr std::uint8_t kAnyStandby = 3;  ///< synchronous_standby_names '*' (strict mode, no standby chosen yet)
constexpr std::uint8_t kCommits = 1;
constexpr std::uint8_t kSettled = 0;  ///< the token when no attempt is open

/// Where the members elect. Kubernetes' API compares the leader's object alone, by its revision, and everybody's writes do.
enum class Elects : std::uint8_t { in_etcd, in_api };
/// How the foundation keeps its replicas.
enum class Durability : std::uint8_t { synchronous, asynchronous };

/// Member 0's PostgreSQL; `orphan`: the postmaster is dead and its children still serve sessions for a while.
enum class Engine : std::uint8_t { down, replica, primary, orphan };
/// Member 0's Patroni; `hung` (SIGSTOP, swap) keeps no lease alive and does nothing; `cut` reaches neither etcd nor another member; `stale`
/// reaches them again and still goes by what it saw before.
enum class Tender : std::uint8_t { down, up, hung, cut, stale };
/// Where another member's Patroni is in its election. It acts on the view of the keys it read when its cycle began.
enum class Race : std::uint8_t {
  follows,
  saw_free,  ///< read the keys: nobody leads, and it may
  locked,    ///< has the leader key; still to record itself in /sync
  leads,     ///< promoted
};
/// Patroni writes the leader key without looking once after it was started, to put it under its own lease.
enum class Renewal : std::uint8_t { done, due, sent };
/// Member 0's Patroni changing its synchronous standby: first out of /sync, then synchronous_standby_names, then into /sync.
enum class Swap : std::uint8_t { none, withdrawing, withdrawn, named, publishing };

/// Where the agent is. Every arrow between two of them is a place where it may die.
enum class Step : std::uint8_t {
  idle,
  fenced,     ///< nothing of member 0 is left
  kept,       ///< the attempt is written down in the agent's own state
  marked,     ///< the token is in the store
  looked,     ///< the keys were read, and the release is decided
  sent,       ///< the transaction is on its way
  waiting,    ///< for the successor
  settling,   ///< the token is to be replaced before member 0 may start
  closed,     ///< it is: what member 0 may have sent is to be made void
  done,       ///< member 0 may start
  gone,       ///< no agent runs
};

struct Store {
  std::uint8_t leader = 0, leader_revision = 1;
  std::uint8_t sync_leader = 0, sync_standby = 1, sync_revision = 1;  ///< sync_standby: kNobody = none named
  std::uint8_t token = 0, token_revision = 0;                        ///< an attempt, or kSettled
  std::uint8_t handed = 0;                                           ///< the mark of a release that took effect
  std::uint8_t paused = 0, config_revision = 1;
  bool operator==(const Store&) const = default;
};

/// How much may go wrong.
struct Faults {
  std::uint8_t deaths = 1;        ///< of processes of member 0
  std::uint8_t agent_deaths = 0;
  std::uint8_t net_faults = 0;    ///< requests or answers lost, late or repeated
  std::uint8_t swaps = 0;         ///< changes of the synchronous standby
  std::uint8_t pauses = 0;        ///< of Patroni, by the operator
  std::uint8_t hangs = 0;         ///< of member 0's Patroni
  std::uint8_t cuts = 0;          ///< between member 0 and all others
  bool operator==(const Faults&) const = default;
};

/// What of the store the agent remembers, and what its transaction compares.
struct Seen {
  std::uint8_t token = 0, token_revision = 0;
  std::uint8_t leader = 0, leader_revision = 0, sync_leader = 0, sync_standby = 0, sync_revision = 0, paused = 0, config_revision = 0;
  std::uint8_t heir = kNobody;
  bool operator==(const Seen&) const = default;
};

struct State {
  Store store;
  Elects elects = Elects::in_etcd;                ///< never changes
  std::array<Engine, kMembers> engine{Engine::primary, Engine::replica, Engine::replica};
  std::array<std::uint8_t, kMembers> has{};       ///< how many commits of the history
  std::array<std::uint8_t, kMembers> upstream{kNobody, 0, 0};
  std::array<Race, kMembers> race{};              ///< of members 1 and 2
  std::array<std::uint8_t, kMembers> view{};      ///< the sync revision their cycle saw
  std::uint8_t acked = 0;                         ///< commits acknowledged to a client
  std::uint8_t names = 1;                         ///< member 0's synchronous_standby_names
  Tender tender = Tender::up;
  Swap swap = Swap::none;
  std::uint8_t swap_to = 0, swap_revision = 0;
  Renewal renewal = Renewal::done;
  std::uint8_t led = 1;                           ///< member 0's Patroni was seen leading since it was started
  std::uint8_t by_release = 0;                    ///< the last change of leaders was the agent's doing, not that of an expired lease
  std::uint8_t successor = kNobody;               ///< whoever was promoted first after member 0
  std::uint8_t own_commit = 0;                    ///< the successor has acknowledged a commit of its own
  std::array<std::uint8_t, kMembers> has_own{};   ///< who has it

  // The agent.
  Step step = Step::idle;
  std::uint8_t open = 0;       ///< its own state on disk: the attempt that is not known to be over
  std::uint8_t attempt = 0;    ///< attempts so far
  std::uint8_t unanswered = 0; ///< the transaction was sent and may still take effect
  std::uint8_t ended = 0;      ///< the mark of a release as it was read while settling
  std::uint8_t measured = 0;   ///< the end of member 0's log, read after the fence
  Seen seen;

  // On the wire.
  std::uint8_t late_token = 0;      ///< a token's write that may still arrive (its attempt)
  std::uint8_t transaction = 0;     ///< 1: under way; 2: under way, and will come twice
  Seen compared;                    ///< what it compares
  std::uint8_t late_lead = 0;       ///< member 0's write of the leader key, which looks at nothing but its own lease;
  std::uint8_t late_lead_revision = 0;  ///< in the API it names the revision it goes by
  std::uint8_t late_sync = 0;       ///< member 0's write of /sync, sent before it died
  std::uint8_t late_sync_to = 0, late_sync_revision = 0;

  Faults left;  ///< how much may still go wrong

  // What must never happen, as soon as it did.
  std::uint8_t broken = 0;

  bool operator==(const State&) const = default;
};
static_assert(sizeof(State) < 96, "a state is copied some ten million times");

/// What must never happen.
enum class Law : std::uint8_t {
  kept,
  commit_lost,        ///< a member was promoted that misses an acknowledged commit
  two_acknowledge,    ///< member 0 acknowledged after another was promoted
  living_deposed,     ///< a release ended the reign of a member that was not fenced, or of another one
  nobody_left,        ///< a release left nobody who may lead
  released_in_pause,  ///< the operator had said that nobody but him decides
};
std::string_view name(Law law);

/// One protection taken out, to see that its absence is noticed.
enum class Without : std::uint8_t {
  nothing,
  fence,              ///< rule 2: leftovers may still serve
  look_at_the_log,    ///< rule 3, asynchronous: the end of the log is not compared
  handing_over,       ///< rule 4: the leader key is deleted, and whoever comes first takes it
  compare_leader,     ///< rule 4: the transaction does not compare the leader key
  compare_sync,
  compare_config,
  compare_token,
  token_by_revision,  ///< rule 4: the token is compared by its value
  writing_down,       ///< the attempt is not kept over the agent's death
  settling,           ///< rule 4: a refused member starts at once
  voiding,            ///< rule 4: the dead member's own leases are left alone
  mark_of_its_own,    ///< rule 4: the mark of a release is in the token's key, where a late token replaces it
  closing_first,      ///< rule 4: the mark is read while a release may still take effect
  comparing_writer,   ///< Patroni 3.0.2 as it is: back from a cut it writes the leader key whoever holds it (conf/patroni.py)
};
std::string_view name(Without without);

std::string describe(const State& state);

}  // namespace keelson::model
