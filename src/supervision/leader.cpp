#include "supervision/leader.h"

#include <poll.h>

#include <algorithm>
#include <charconv>

#include "system/failpoint.h"
#include "system/files.h"

namespace keelson {
namespace {

constexpr int kMarginMs = 3'000;            ///< a lease with less than this left counts as lost: a round of the watchdog and a kill fit in
constexpr std::int64_t kHandOverUs = 5'000'000;  ///< a hand-over under way has this long
/// The dead member starts so much after its successor was seen: starting it takes a core for half a second, which the promotion
/// and the clients that come back need more.
constexpr std::int64_t kRestUs = 1'000'000;
constexpr std::int64_t kRoundUs = 1'000'000;
constexpr int kBoundMs = 600'000;           ///< far beyond what the verbs themselves allow: work that hangs keeps the member down

}  // namespace

Leader::Leader(Loop& loop, LeaderGround& ground, std::string instance, Leadership leadership, const std::string& open_attempt, Owner owner)
    : loop_(loop),
      ground_(ground),
      instance_(std::move(instance)),
      leadership_(std::move(leadership)),
      kind_(find_kind(ground.catalog, leadership_.kind)),
      owner_(std::move(owner)),
      state_(open_attempt.empty() ? State::calm : State::settling),
      held_us_(loop.now_us()) {}

void Leader::started() {
  again_.reset();
  lease_job_.reset();
  lost_since_us_ = 0;
  held_us_ = loop_.now_us();
  role_.clear();
  tended_ = false;
  planned_ = false;
}

void Leader::planned_stop() {
  planned_ = true;
  again_.reset();
  lease_job_.reset();
}

/// The pid file is the engine's word; that the process is one of the instance's is the kernel's.
void Leader::find_engine() {
  if (engine_ || leadership_.engine_pid_file.empty()) return;
  RealFiles files;
  const auto text = files.read(leadership_.engine_pid_file, 4096);
  if (!text) return;
  int pid = 0;
  std::from_chars(text->data(), text->data() + text->size(), pid);
  if (pid <= 1) return;
  auto pidfd = open_pidfd(pid);
  if (!pidfd || !owner_.holds(pid)) return;  // asked after the open: the pid cannot have become another process's
  engine_ = ProcessWatch(loop_, std::move(*pidfd), [this](ExitStatus) { engine_ended(); });
}

/// The descriptor is asked, not the callback that may still be on its way.
bool Leader::engine_lives() const {
  if (!engine_) return false;
  pollfd ended{engine_.fd(), POLLIN, 0};
  return ::poll(&ended, 1, 0) == 0;
}

void Leader::engine_ended() {
  engine_ = {};
  if (planned_ || state_ != State::calm || !verbs().died_leading(leadership_.facts, role_, std::nullopt)) return;
  state_ = State::due;
  owner_.engine_died("its engine was killed while it led");
}

bool Leader::main_ended(const ExitStatus& status) {
  again_.reset();
  lease_job_.reset();
  const bool left = engine_lives();
  if (planned_ || state_ != State::calm || left) return left;
  if (leadership_.engine_pid_file.empty()) {
    if (verbs().died_leading(leadership_.facts, role_, status)) state_ = State::due;
  } else if (verbs().died_leading(leadership_.facts, role_, std::nullopt)) {
    state_ = State::due;
  }
  return left;
}

void Leader::probed(const ProbeResult& result) {
  if (result.ok) role_ = result.role;
  tended_ = result.ok || !result.role.empty();
  find_engine();
  if (state_ != State::calm || planned_ || verbs().lease == nullptr) return;
  if (result.ok && result.role == "primary") {
    held_us_ = loop_.now_us();
    lost_since_us_ = 0;
    again_.reset();
    lease_job_.reset();
    return;
  }
  if (!again_ && !lease_job_) watch_lease();
}

/// Rule 6. As long as the main process itself says that it holds the lease, nobody else is asked. When it does not, and the engine
/// still writes by its own files, the store is.
void Leader::watch_lease() {
  again_.reset();
  if (state_ != State::calm || planned_ || !engine_ || !verbs().writable(leadership_.facts)) return;
  auto answer = std::make_shared<Lease>();
  lease_job_ = ground_.pool->run(
      kBoundMs, [answer, &world = *ground_.world, facts = leadership_.facts, ask = verbs().lease](const WorkContext&) { *answer = ask(world, facts); },
      [this, answer](JobEnd) {
        lease_job_.reset();
        judge(*answer);
      });
}

void Leader::judge(const Lease& lease) {
  if (state_ != State::calm || planned_) return;
  const std::int64_t now = loop_.now_us();
  const int whole_ms = verbs().lease_ms(leadership_.facts);
  switch (lease.hold) {
    case Lease::Hold::exempt:
      lost_since_us_ = 0;
      held_us_ = now;
      break;
    case Lease::Hold::held:
      lost_since_us_ = 0;
      held_us_ = now - std::int64_t{std::max(0, whole_ms - lease.left_ms)} * 1000;
      if (lease.left_ms <= kMarginMs) return fence("its lease is about to end: " + lease.reason);
      break;
    case Lease::Hold::lost:
      if (lost_since_us_ == 0) lost_since_us_ = now;
      // A main process that answers may be stopping the engine in good order; one that does not will not.
      if (!tended_ || now - lost_since_us_ >= kHandOverUs) return fence("it writes without the lease: " + lease.reason);
      break;
    case Lease::Hold::unknown:
      if (now - held_us_ >= std::int64_t{whole_ms - kMarginMs} * 1000) return fence("its lease cannot be seen and would be over by now: " + lease.reason);
      break;
  }
  again_ = loop_.after_us(kRoundUs, [this] { watch_lease(); });
}

void Leader::fence(const std::string& cause) {
  state_ = State::due;
  owner_.engine_died("fenced by the watchdog: " + cause);
}

void Leader::begin() {
  engine_ = {};
  if (job_ || again_) return;  // a start that was taken back and asked for again: still under way
  if (state_ == State::settling) return settle();
  if (state_ == State::due) release();
}

void Leader::release() {
  state_ = State::releasing;
  if (const auto unproved = owner_.unproved()) return released({{}, unproved->condition, unproved->reason, true});
  failpoint("release-fenced");
  const std::string attempt = ground_.new_attempt();
  if (auto kept = ground_.keep(instance_, attempt); !kept) return released({{}, "not-fenced", "the attempt cannot be written down: " + describe(kept.error()), true});
  failpoint("release-kept");
  auto answer = std::make_shared<Release>();
  job_ = ground_.pool->run(
      kBoundMs, [answer, &world = *ground_.world, facts = leadership_.facts, attempt, go = verbs().release](const WorkContext&) { *answer = go(world, facts, attempt); },
      [this, answer](JobEnd end) {
        job_.reset();
        // Unfinished work may still send its request: the member stays down.
        if (end == JobEnd::finished) released(*answer);
      });
}

void Leader::released(const Release& release) {
  owner_.told(release);
  if (release.condition.empty()) rest_us_ = kRestUs;
  if (release.settled) return done();
  state_ = State::settling;
  settle();
}

void Leader::settle() {
  auto answer = std::make_shared<Result<void>>();
  job_ = ground_.pool->run(
      kBoundMs, [answer, &world = *ground_.world, facts = leadership_.facts, go = verbs().settle](const WorkContext&) { *answer = go(world, facts); },
      [this, answer](JobEnd end) {
        job_.reset();
        if (end == JobEnd::finished && *answer) return done();
        if (end == JobEnd::finished) again_ = loop_.after_us(kRoundUs, [this] { settle(); });
      });
}

void Leader::done() {
  failpoint("release-settled");
  // Forgotten before the member starts: what an agent finds written down it must settle first.
  if (auto forgotten = ground_.keep(instance_, ""); !forgotten) {
    again_ = loop_.after_us(kRoundUs, [this] { done(); });
    return;
  }
  failpoint("release-forgotten");
  again_ = loop_.after_us(rest_us_, [this] {
    again_.reset();
    rest_us_ = 0;
    state_ = State::calm;
    owner_.may_start();
  });
}

void Leader::steer() {
  if (verbs().steer == nullptr) return;
  if (steer_job_) {
    steer_again_ = true;
    return;
  }
  steer_again_ = false;
  steer_job_ = ground_.pool->run(
      kBoundMs, [&world = *ground_.world, facts = leadership_.facts, go = verbs().steer](const WorkContext&) { static_cast<void>(go(world, facts)); },
      [this](JobEnd) {
        steer_job_.reset();
        if (steer_again_) steer();
      });
}

}  // namespace keelson
