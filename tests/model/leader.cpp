#include "moves.h"

namespace keelson::model {
namespace {

bool serves(const State& state) { return state.engine[0] == Engine::primary || state.engine[0] == Engine::orphan; }

/// Whether what the engine waits for before it tells the client has come (PostgreSQL 15, synchronous_standby_names).
bool confirmed(const State& state, Durability durability) {
  if (durability == Durability::asynchronous) return true;
  for (std::uint8_t standby = 1; standby < kMembers; ++standby)
    if ((state.names == standby || state.names == kAnyStandby) && state.has[standby] > state.acked) return true;
  return false;
}

void sessions(const State& state, Durability durability, const Emit& emit) {
  if (!serves(state)) return;
  if (state.has[0] < kCommits) {
    State next = state;
    ++next.has[0];
    emit("m0 writes a commit", Nature::progress, next);
  }
  if (state.acked < state.has[0] && confirmed(state, durability)) {
    State next = state;
    ++next.acked;
    // What a member elected after an expired lease means to an asynchronous cluster is Patroni's to answer, not the release's.
    if (next.successor != kNobody && next.by_release) breaks(next, Law::two_acknowledge);
    if (next.successor != kNobody && durability == Durability::synchronous && next.has[next.successor] < next.acked) breaks(next, Law::commit_lost);
    emit("m0 acknowledges a commit", Nature::progress, next);
  }
}

void ends(const State& state, const Emit& emit) {
  const auto die = [&](std::string_view move, Engine engine, Tender tender) {
    State next = state;
    --next.left.deaths;
    next.engine[0] = engine;
    next.tender = tender;
    if (tender == Tender::down) next.swap = Swap::none;
    emit(move, Nature::fault, next);
  };
  if (state.left.deaths > 0 && state.engine[0] == Engine::primary) {
    die("m0's postmaster is killed", Engine::orphan, state.tender);
    die("m0's processes are all killed", Engine::down, Tender::down);
    if (state.tender == Tender::up) die("m0's Patroni is killed", Engine::primary, Tender::down);
  }
  if (state.engine[0] == Engine::orphan) {
    State next = state;
    next.engine[0] = Engine::down;
    emit("what m0's postmaster left behind ends", Nature::progress, next);
  }
  if (state.left.hangs > 0 && state.tender == Tender::up && state.engine[0] == Engine::primary) {
    State next = state;
    --next.left.hangs;
    next.tender = Tender::hung;
    emit("m0's Patroni hangs", Nature::fault, next);
  }
  if (state.tender == Tender::hung) {
    State next = state;
    next.tender = Tender::up;
    emit("m0's Patroni goes on", Nature::progress, next);
  }
}

/// A cut: Patroni stops PostgreSQL when etcd does not answer in time; back again, it still goes by what it saw last, and its first word
/// is the leader key under a new lease (3.0.2 dcs/etcd3.py, _update_leader; conf/patroni.py compares).
void is_cut_off(const State& state, Without without, const Emit& emit) {
  State next = state;
  if (state.left.cuts > 0 && state.tender == Tender::up && state.engine[0] == Engine::primary) {
    --next.left.cuts;
    next.tender = Tender::cut;
    next.swap = Swap::none;
    emit("m0 is cut off", Nature::fault, next);
  }
  next = state;
  if (state.tender == Tender::cut && state.engine[0] == Engine::primary) {
    next.engine[0] = Engine::down;
    emit("m0's Patroni stops PostgreSQL, as etcd does not answer", Nature::progress, next);
  } else if (state.tender == Tender::cut) {
    next.tender = Tender::stale;
    emit("m0 is reached again", Nature::progress, next);
  } else if (state.tender == Tender::stale) {
    next.tender = Tender::up;
    next.renewal = Renewal::done;
    if (state.store.leader == 0 || without == Without::comparing_writer) {
      if (next.store.leader != 0) next.by_release = 0;
      next.store.leader = 0;
      ++next.store.leader_revision;
    }
    emit("m0's Patroni, back from a cut, writes the leader key", Nature::progress, next);
  }
}

/// Patroni's enforce_primary_role: records itself in /sync before it lets anybody write.
void lead(State& next, Durability durability) {
  next.engine[0] = Engine::primary;
  next.led = 1;
  takes_writes(next, durability, 0);
  next.names = kAnyStandby;
  next.swap = Swap::none;
  if (durability == Durability::asynchronous) return;
  next.store.sync_leader = 0;
  next.store.sync_standby = kNobody;
  ++next.store.sync_revision;
}

void tend(const State& state, Durability durability, const Emit& emit) {
  if (state.tender != Tender::up || state.engine[0] == Engine::orphan) return;
  const Store& store = state.store;
  const bool rival_lives = state.race[1] == Race::leads || state.race[2] == Race::leads;
  State next = state;
  if (store.leader == kNobody && may_lead(store, durability, 0) && (state.engine[0] == Engine::primary || !rival_lives)) {
    next.store.leader = 0;
    ++next.store.leader_revision;
    next.by_release = 0;
    next.renewal = Renewal::done;
    if (state.engine[0] != Engine::primary) lead(next, durability);
    return emit("m0 takes the leader key", Nature::progress, next);
  }
  if (store.leader == 0 && state.renewal == Renewal::due && !state.late_lead) {
    next.late_lead = 1;
    if (state.elects == Elects::in_api) next.late_lead_revision = store.leader_revision;
    next.renewal = Renewal::sent;
    return emit("m0's Patroni, just started, writes the leader key anew", Nature::progress, next);
  }
  if (state.renewal == Renewal::sent && state.engine[0] == Engine::primary && state.left.net_faults > 0) {
    --next.left.net_faults;
    next.renewal = Renewal::done;
    next.led = 1;
    emit("m0's Patroni gets no answer and goes on", Nature::fault, next);
    next = state;
  }
  if (state.engine[0] == Engine::primary && store.leader != 0 && store.leader != kNobody) {
    next.engine[0] = Engine::down;
    next.swap = Swap::none;
    return emit("m0's Patroni sees another leader and stops PostgreSQL", Nature::progress, next);
  }
  if (state.engine[0] != Engine::down) return;
  if (store.leader == 0 && state.renewal == Renewal::done) {
    lead(next, durability);
    emit("m0's Patroni starts PostgreSQL again, still the leader", Nature::progress, next);
  } else if (store.leader != kNobody && store.leader != 0 && state.race[store.leader] == Race::leads) {
    next.engine[0] = Engine::replica;
    next.upstream[0] = store.leader;
    next.has[0] = state.has[store.leader];
    next.has_own[0] = state.has_own[store.leader];
    emit("m0 follows the new leader", Nature::progress, next);
  }
}

/// Patroni's process_sync_replication, request by request.
void change_standby(const State& state, Durability durability, const Emit& emit) {
  if (durability == Durability::asynchronous || state.tender != Tender::up || state.engine[0] != Engine::primary || state.store.leader != 0) return;
  const auto send = [](State& next, std::uint8_t standby) {
    next.late_sync = 1;
    next.late_sync_to = standby;
    next.late_sync_revision = next.store.sync_revision;
  };
  State next = state;
  switch (state.swap) {
    case Swap::none:
      if (state.late_sync) return;
      for (std::uint8_t to = 1; to < kMembers; ++to) {
        const bool first = state.names == kAnyStandby && state.store.sync_standby == kNobody;
        if (state.engine[to] != Engine::replica || state.upstream[to] != 0 || state.store.sync_standby == to || (!first && state.left.swaps == 0)) continue;
        next = state;
        if (!first) --next.left.swaps;
        next.swap_to = to;
        next.swap = state.store.sync_standby == kNobody ? Swap::withdrawn : Swap::withdrawing;
        if (next.swap == Swap::withdrawing) send(next, kNobody);
        emit("m0 begins to change its synchronous standby", Nature::progress, next);
      }
      return;
    case Swap::withdrawn:
      next.names = state.swap_to;
      next.swap = Swap::named;
      return emit("m0 sets synchronous_standby_names", Nature::progress, next);
    case Swap::named:
      if (state.late_sync || state.has[state.swap_to] < state.acked) return;
      send(next, state.swap_to);
      next.swap = Swap::publishing;
      return emit("m0 publishes the new standby in /sync", Nature::progress, next);
    case Swap::withdrawing:
    case Swap::publishing: return;  // the answer comes over the wire
  }
}

}  // namespace

void leader_moves(const State& state, Durability durability, Without without, const Emit& emit) {
  sessions(state, durability, emit);
  ends(state, emit);
  is_cut_off(state, without, emit);
  tend(state, durability, emit);
  change_standby(state, durability, emit);
}

}  // namespace keelson::model
