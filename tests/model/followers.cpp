#include <utility>

#include "moves.h"

namespace keelson::model {
namespace {

void promote(State& next, Durability durability, int who) {
  next.race[who] = Race::leads;
  next.engine[who] = Engine::primary;
  next.upstream[who] = kNobody;
  if (next.successor == kNobody) next.successor = static_cast<std::uint8_t>(who);
  takes_writes(next, durability, who);
}

void stream(const State& state, int who, const Emit& emit) {
  if (state.engine[who] != Engine::replica) return;
  State next = state;
  const std::uint8_t from = state.upstream[who];
  const bool cut = from == 0 && state.tender == Tender::cut;
  const bool sends = from != kNobody && !cut && (state.engine[from] == Engine::primary || state.engine[from] == Engine::orphan);
  if (sends && state.has[who] < state.has[from]) {
    ++next.has[who];
    emit(who == 1 ? "m1 receives a commit" : "m2 receives a commit", Nature::progress, next);
  }
  const std::uint8_t leader = state.store.leader;
  if (leader != kNobody && leader != who && leader != from && leader != 0 && state.race[leader] == Race::leads) {
    next = state;
    next.upstream[who] = leader;
    next.has[who] = state.has[leader];  // rewound, or caught up
    next.has_own[who] = state.has_own[leader];
    emit(who == 1 ? "m1 follows the new leader" : "m2 follows the new leader", Nature::progress, next);
  }
}

/// The successor's own reign.
void reign(const State& state, Durability durability, int who, const Emit& emit) {
  State next = state;
  const int other = 3 - who;
  if (state.store.leader == 0) {
    next.race[who] = Race::follows;
    next.engine[who] = Engine::replica;
    next.upstream[who] = 0;
    return emit(who == 1 ? "m1 sees another leader and stops taking writes" : "m2 sees another leader and stops taking writes", Nature::progress, next);
  }
  if (state.store.leader == kNobody) {
    next.store.leader = static_cast<std::uint8_t>(who);
    ++next.store.leader_revision;
    emit(who == 1 ? "m1 takes the leader key again" : "m2 takes the leader key again", Nature::progress, next);
    next = state;
  }
  const bool confirmed = durability == Durability::asynchronous || (state.engine[other] == Engine::replica && state.upstream[other] == who);
  if (!state.own_commit && confirmed) {
    next.own_commit = 1;
    next.has_own[who] = 1;
    if (durability == Durability::synchronous) next.has_own[other] = 1;
    emit(who == 1 ? "m1 acknowledges a commit of its own" : "m2 acknowledges a commit of its own", Nature::progress, next);
  }
}

/// Patroni asks the others' REST API (ha.py, is_healthiest_node): none that answers is a primary, and none that may lead has more.
bool healthiest(const State& state, Durability durability, int who) {
  const int other = 3 - who;
  if (!may_lead(state.store, durability, who)) return false;
  if (state.tender == Tender::up && state.engine[0] == Engine::primary) return false;
  if (state.engine[other] == Engine::primary) return false;
  const auto position = [&](int member) { return std::pair(state.has_own[member], state.has[member]); };
  return state.engine[other] != Engine::replica || !may_lead(state.store, durability, other) || position(other) <= position(who);
}

/// Patroni's cycle: it acts on the keys it read at its beginning (ha.py, process_unhealthy_cluster and enforce_primary_role).
void race(const State& state, Durability durability, int who, const Emit& emit) {
  State next = state;
  switch (state.race[who]) {
    case Race::follows:
      if (state.store.leader == who && state.engine[who] == Engine::replica && state.store.paused) {
        next.store.leader = kNobody;  // ha.py, process_healthy_cluster
        ++next.store.leader_revision;
        next.by_release = 0;
        return emit(who == 1 ? "m1 gives the leader key back, as Patroni is paused" : "m2 gives the leader key back, as Patroni is paused", Nature::progress, next);
      }
      if (state.store.leader == who && state.engine[who] == Engine::replica) {
        next.race[who] = Race::locked;
        next.view[who] = state.store.sync_revision;
        return emit(who == 1 ? "m1 sees that the leader key is its own" : "m2 sees that the leader key is its own", Nature::progress, next);
      }
      if (state.engine[who] != Engine::replica || state.store.leader != kNobody || !healthiest(state, durability, who)) return;
      next.race[who] = Race::saw_free;
      next.view[who] = state.store.sync_revision;
      return emit(who == 1 ? "m1 sees no leader" : "m2 sees no leader", Nature::progress, next);
    case Race::saw_free:
      if (state.store.leader != kNobody) {
        next.race[who] = Race::follows;
        return emit(who == 1 ? "m1 is too late" : "m2 is too late", Nature::progress, next);
      }
      next.store.leader = static_cast<std::uint8_t>(who);
      ++next.store.leader_revision;
      next.race[who] = Race::locked;
      return emit(who == 1 ? "m1 takes the leader key" : "m2 takes the leader key", Nature::progress, next);
    case Race::locked:
      if (state.store.leader != who) {
        next.race[who] = Race::follows;
        return emit(who == 1 ? "m1 lost the leader key" : "m2 lost the leader key", Nature::progress, next);
      }
      if (durability == Durability::synchronous && state.view[who] != state.store.sync_revision) {
        next.view[who] = state.store.sync_revision;
        return emit(who == 1 ? "m1 postpones its promotion: /sync has changed" : "m2 postpones its promotion: /sync has changed", Nature::progress, next);
      }
      if (durability == Durability::synchronous) {
        next.store.sync_leader = static_cast<std::uint8_t>(who);
        next.store.sync_standby = kNobody;
        ++next.store.sync_revision;
      }
      promote(next, durability, who);
      return emit(who == 1 ? "m1 is promoted" : "m2 is promoted", Nature::progress, next);
    case Race::leads: return reign(state, durability, who, emit);
  }
}

}  // namespace

void takes_writes(State& state, Durability durability, int who) {
  const bool misses = state.has[who] < state.acked || (state.own_commit && !state.has_own[who]);
  if (misses && (durability == Durability::synchronous || state.by_release)) breaks(state, Law::commit_lost);
}

bool may_lead(const Store& store, Durability durability, int who) {
  if (store.paused) return false;
  return durability == Durability::asynchronous || store.sync_leader == who || store.sync_standby == who;
}

void follower_moves(const State& state, Durability durability, const Emit& emit) {
  for (int who = 1; who < kMembers; ++who) {
    stream(state, who, emit);
    race(state, durability, who, emit);
  }
}

}  // namespace keelson::model
