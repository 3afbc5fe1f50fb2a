#include "judge.h"
#include "moves.h"

namespace keelson::model {
namespace {

Seen look(const State& state) {
  const Store& s = state.store;
  return {state.seen.token, state.seen.token_revision, s.leader, s.leader_revision, s.sync_leader, s.sync_standby, s.sync_revision, s.paused, s.config_revision, kNobody};
}

void fence(const State& state, Without without, std::string_view move, const Emit& emit) {
  State next = state;
  next.step = Step::fenced;
  next.tender = Tender::down;
  next.swap = Swap::none;
  if (without != Without::fence) next.engine[0] = Engine::down;
  next.measured = next.has[0];
  emit(move, Nature::progress, next);
}

void start_patroni(State& next) {
  next.tender = Tender::up;
  next.renewal = Renewal::due;
  next.led = 0;
}

void watch(const State& state, Without without, const Emit& emit) {
  if (state.tender == Tender::down && state.engine[0] == Engine::primary) {
    State next = state;
    start_patroni(next);
    emit("agent starts m0's Patroni beside PostgreSQL", Nature::progress, next);
  }
  const bool dead = state.engine[0] == Engine::orphan || state.engine[0] == Engine::down;
  if (dead && state.led) fence(state, without, "agent sees the death and fences m0", emit);
  if (dead && !state.led && state.tender == Tender::down) {
    State next = state;  // not known to have led: it only starts again
    next.engine[0] = Engine::down;
    start_patroni(next);
    emit("agent starts m0 again", Nature::progress, next);
  }
  const bool silent = state.tender == Tender::hung || state.tender == Tender::cut;
  if (silent && state.engine[0] == Engine::primary) fence(state, without, "agent's watchdog fences m0", emit);
}

/// Rule 4: no request of an earlier attempt does anything from here on, so that what took effect of them can be read. In the API that is all.
void close(const State& state, Without without, const Emit& emit) {
  State next = state;
  if (state.elects == Elects::in_api) {
    ++next.store.leader_revision;
    next.step = Step::done;
    return emit("agent gives the leader's object another revision", Nature::progress, next);
  }
  if (without == Without::closing_first && !state.ended) {
    next.ended = state.store.handed ? 2 : 1;
    return emit("agent reads the mark", Nature::progress, next);
  }
  next.store.token = kSettled;
  ++next.store.token_revision;
  next.step = Step::closed;
  emit("agent writes the token anew", Nature::progress, next);
}

/// Rule 4: nor does a request of member 0's own processes.
void make_void(const State& state, Without without, const Emit& emit) {
  State next = state;
  if (without != Without::voiding) {
    next.late_lead = 0;
    const bool ended = without == Without::closing_first ? state.ended == 2 : state.store.handed;
    if (ended && state.store.leader == 0) {
      next.store.leader = kNobody;
      next.by_release = 1;
    }
  }
  next.store.handed = next.ended = 0;
  next.step = Step::done;
  emit("agent ends m0's leases", Nature::progress, next);
}

/// The write of a token: answered, answered too late, not arrived yet, or arriving twice.
void put_token(const State& state, std::uint8_t token, const Emit& emit) {
  State next = state;
  next.store.token = token;
  ++next.store.token_revision;
  next.seen.token = token;
  next.seen.token_revision = next.store.token_revision;
  next.step = Step::marked;
  emit("agent writes the attempt's token", Nature::progress, next);
  if (state.left.net_faults == 0) return;
  State twice = next;
  --twice.left.net_faults;
  if (!state.late_token) {
    twice.late_token = token;
    emit("agent writes the attempt's token, which will arrive twice", Nature::fault, twice);
  }
  State unanswered = next;
  --unanswered.left.net_faults;
  unanswered.seen = {};
  unanswered.step = Step::settling;
  emit("agent writes the attempt's token; no answer comes", Nature::fault, unanswered);
  if (state.late_token) return;
  State late = state;
  --late.left.net_faults;
  late.late_token = token;
  late.step = Step::settling;
  emit("agent writes the attempt's token; it is late", Nature::fault, late);
}

/// Nothing was sent: where the API is, nothing is to be settled.
Step refused(const State& state, Without without) { return without == Without::settling || state.elects == Elects::in_api ? Step::done : Step::settling; }

void decide(const State& state, Durability durability, Without without, const Emit& emit) {
  State next = state;
  next.seen = look(state);
  next.seen.heir = heir_of(state, next.seen, durability, without);
  const bool released = next.seen.heir != kNobody;
  next.step = released ? Step::looked : refused(state, without);
  emit(released ? "agent reads the keys and decides to release" : "agent reads the keys and refuses", Nature::progress, next);
  if (state.left.net_faults == 0) return;
  State unread = state;
  --unread.left.net_faults;
  unread.step = state.elects == Elects::in_api ? Step::done : Step::settling;
  emit("agent cannot read the keys", Nature::fault, unread);
}

void send(const State& state, const Emit& emit) {
  State next = state;
  next.step = Step::sent;
  next.compared = state.seen;
  next.transaction = 1;
  emit("agent sends the release", Nature::progress, next);
  if (state.left.net_faults == 0) return;
  --next.left.net_faults;
  next.transaction = 2;
  emit("agent sends the release, which will arrive twice", Nature::fault, next);
}

/// No answer to the transaction: the agent looks whether it took effect.
void look_again(const State& state, Without without, const Emit& emit) {
  State next = state;
  next.unanswered = 1;
  const bool unchanged = state.store.leader != kNobody && state.store.leader_revision == state.seen.leader_revision;
  next.step = !unchanged ? Step::waiting : without == Without::settling ? Step::done : Step::settling;
  if (state.transaction > 0) {
    if (state.left.net_faults == 0) return;
    --next.left.net_faults;
  }
  emit("agent gets no answer to the release and reads the leader key", state.transaction > 0 ? Nature::fault : Nature::progress, next);
}

void come_back(const State& state, Without without, const Emit& emit) {
  State next = state;
  next.step = Step::idle;
  const bool lives = state.engine[0] == Engine::primary || state.engine[0] == Engine::replica || state.tender != Tender::down;
  if (!lives) {
    if (without != Without::fence) next.engine[0] = Engine::down;
    next.step = state.open && without != Without::settling ? Step::settling : Step::done;
  }
  emit(lives ? "a new agent takes m0 up" : "a new agent clears what is left of m0", Nature::progress, next);
}

}  // namespace

void agent_moves(const State& state, Durability durability, Without without, const Emit& emit) {
  if (state.step != Step::gone && state.left.agent_deaths > 0) {
    State next = state;
    --next.left.agent_deaths;
    next.step = Step::gone;
    next.seen = {};
    next.measured = next.unanswered = 0;
    emit("the agent dies", Nature::fault, next);
  }
  State next = state;
  switch (state.step) {
    case Step::idle: return watch(state, without, emit);
    case Step::fenced:
      next.open = without == Without::writing_down ? 0 : 1;
      ++next.attempt;
      next.step = Step::kept;
      return emit("agent writes the attempt down", Nature::progress, next);
    case Step::kept:
      if (state.elects == Elects::in_etcd) return put_token(state, state.attempt, emit);
      next.step = Step::marked;
      return emit("agent goes by the leader's object itself", Nature::progress, next);
    case Step::marked: return decide(state, durability, without, emit);
    case Step::looked: return send(state, emit);
    case Step::sent: return look_again(state, without, emit);
    case Step::waiting:
      next.step = state.elects == Elects::in_api && !state.unanswered ? Step::done : Step::settling;
      return emit("agent sees the successor, or waited 5 s in vain", Nature::progress, next);
    case Step::settling: return close(state, without, emit);
    case Step::closed: return make_void(state, without, emit);
    case Step::done:
      next.open = 0;
      next.seen = {};
      next.measured = next.unanswered = 0;
      start_patroni(next);
      next.step = Step::idle;
      return emit("agent starts m0", Nature::progress, next);
    case Step::gone: return come_back(state, without, emit);
  }
}

}  // namespace keelson::model
