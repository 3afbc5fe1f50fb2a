#include "judge.h"
#include "moves.h"

namespace keelson::model {
namespace {

/// The transaction's own writes, and what was wrong with them.
void hand_over(State& next, Durability durability, Without without) {
  const std::uint8_t heir = next.compared.heir;
  const bool fenced = next.engine[0] == Engine::down && next.tender == Tender::down;
  if (next.store.leader != 0 || !fenced) breaks(next, Law::living_deposed);
  Store calm = next.store;
  calm.paused = 0;  // a law of its own
  if (next.engine[heir] != Engine::replica || !may_lead(calm, durability, heir)) breaks(next, Law::nobody_left);
  if (next.store.paused) breaks(next, Law::released_in_pause);
  next.by_release = 1;
  next.store.handed = 1;
  next.store.leader = without == Without::handing_over ? kNobody : heir;
  ++next.store.leader_revision;
}

void release_arrives(const State& state, Durability durability, Without without, const Emit& emit) {
  if (state.transaction == 0) return;
  State next = state;
  --next.transaction;
  const bool released = holds(state.compared, state.store, durability, without);
  if (released) hand_over(next, durability, without);
  const bool awaited = state.step == Step::sent && state.compared == state.seen;
  if (!awaited) return emit(released ? "a late release takes effect" : "a late release is refused", Nature::progress, next);
  if (state.left.net_faults > 0) {
    State silent = next;
    --silent.left.net_faults;
    emit(released ? "the release takes effect, its answer is lost" : "the release is refused, its answer is lost", Nature::fault, silent);
  }
  next.step = released ? Step::waiting : without == Without::settling ? Step::done : Step::settling;
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
    next.late_lead = 0;
    next.store.leader = 0;
    ++next.store.leader_revision;
    if (state.renewal == Renewal::sent) {
      next.renewal = Renewal::done;
      if (state.engine[0] == Engine::primary) next.led = 1;
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
    next.late_lead = next.late_sync = next.late_sync_to = next.late_sync_revision = 0;
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
