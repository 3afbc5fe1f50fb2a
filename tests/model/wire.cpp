#include "judge.h"
#include "moves.h"

namespace keelson::model {
namespace {

/// What the store compares: everything, or the leader's object alone.
bool still_so(const State& state, Durability durability, Without without) {
  if (state.elects == Elects::in_etcd) return holds(state.compared, state.store, durability, without);
  return without == Without::compare_leader || state.compared.leader_revision == state.store.leader_revision;
}

/// The transaction's own writes, and what was wrong with them. In the API a lease that has ended leaves the object as it is until somebody takes
/// it; /sync and the pause may be others than those seen, and what must hold all the same is that the heir has everything.
void hand_over(State& next, Durability durability, Without without) {
  const std::uint8_t heir = next.compared.heir;
  const bool in_api = next.elects == Elects::in_api;
  const bool fenced = next.engine[0] == Engine::down && next.tender == Tender::down;
  const bool reigns = next.store.leader == 0 || (in_api && next.store.leader == kNobody);
  if (!reigns || !fenced) breaks(next, Law::living_deposed);
  Store calm = next.store;
  calm.paused = 0;  // a law of its own
  if (next.engine[heir] != Engine::replica || (!in_api && !may_lead(calm, durability, heir))) breaks(next, Law::nobody_left);
  if (next.has[heir] < next.acked) breaks(next, Law::commit_lost);
  if (next.store.paused && !in_api) breaks(next, Law::released_in_pause);
  next.by_release = 1;
  next.store.handed = 1;
  next.store.leader = without == Without::handing_over ? kNobody : heir;
  ++next.store.leader_revision;
}

void release_arrives(const State& state, Durability durability, Without without, const Emit& emit) {
  if (state.transaction == 0) return;
  State next = state;
  --next.transaction;
  const bool released = still_so(state, durability, without);
  if (released) hand_over(next, durability, without);
  const bool awaited = state.step == Step::sent && state.compared == state.seen;
  if (!awaited) return emit(released ? "a late release takes effect" : "a late release is refused", Nature::progress, next);
  if (state.left.net_faults > 0) {
    State silent = next;
    --silent.left.net_faults;
    emit(released ? "the release takes effect, its answer is lost" : "the release is refused, its answer is lost", Nature::fault, silent);
  }
  next.step = released ? Step::waiting : without == Without::settling || state.elects == Elects::in_api ? Step::done : Step::settling;
  emit(released ? "the release takes effect" : "the release is refused", Nature::progress, next);
}

}  // namespace

void wire_moves(const State& state, Durability durability, Without without, const Emit& emit) {
  release_arrives(state, durability, without, emit);
  if (state.late_token) {
    State next = state;
    next.store.token = state.late_token;
    ++next.store.token_revision;
    next.late_token = 0;
    if (without == Without::mark_of_its_own) next.store.handed = 0;
    emit("a late token arrives", Nature::progress, next);
  }
  if (state.late_lead) {
    State next = state;
    const bool taken = state.elects == Elects::in_etcd || state.late_lead_revision == state.store.leader_revision;
    next.late_lead = next.late_lead_revision = 0;
    if (taken) {
      next.store.leader = 0;
      ++next.store.leader_revision;
    }
    if (state.renewal == Renewal::sent) {
      next.renewal = taken || state.store.leader != 0 ? Renewal::done : Renewal::due;  // Patroni looks again, and tries once more while it leads
      if (taken && state.engine[0] == Engine::primary) next.led = 1;
    }
    emit("m0's write of the leader key arrives", Nature::progress, next);
  }
  if (state.late_sync) {
    State next = state;
    const bool taken = state.late_sync_revision == state.store.sync_revision;
    if (taken) {
      next.store.sync_leader = 0;
      next.store.sync_standby = state.late_sync_to;
      ++next.store.sync_revision;
    }
    next.late_sync = next.late_sync_to = next.late_sync_revision = 0;
    if (state.swap == Swap::withdrawing) next.swap = taken ? Swap::withdrawn : Swap::none;
    if (state.swap == Swap::publishing) next.swap = Swap::none;
    emit("m0's write of /sync arrives", Nature::progress, next);
  }
  if (state.store.leader == 0 && state.tender != Tender::up) {
    // Patroni's own assumption (ttl >= loop_wait + 2 * retry_timeout): what was sent before a lease began to run out has arrived by
    // its end, or never will, and no cycle lasts that long.
    State next = state;
    next.store.leader = kNobody;
    next.by_release = 0;
    next.late_lead = next.late_lead_revision = next.late_sync = next.late_sync_to = next.late_sync_revision = 0;
    if (state.renewal == Renewal::sent) next.renewal = Renewal::done;
    if (state.swap == Swap::withdrawing || state.swap == Swap::publishing) next.swap = Swap::none;
    for (Race& race : next.race)
      if (race == Race::saw_free) race = Race::follows;
    emit("m0's lease ends", Nature::progress, next);
  }
  if (state.store.paused || state.left.pauses > 0) {
    State next = state;
    if (!state.store.paused) --next.left.pauses;
    next.store.paused = state.store.paused ? 0 : 1;
    ++next.store.config_revision;
    emit(state.store.paused ? "the operator ends the pause" : "the operator pauses Patroni", state.store.paused ? Nature::progress : Nature::fault, next);
  }
}

}  // namespace keelson::model
