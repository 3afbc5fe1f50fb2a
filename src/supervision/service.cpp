#include "supervision/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace keelson {
namespace {

constexpr std::array<std::string_view, 9> kNames{"stopped", "starting", "running", "ready", "stopping", "clearing", "releasing", "backoff", "failed"};
static_assert(kNames.size() == static_cast<std::size_t>(Service::State::failed) + 1, "a state without a name");

}  // namespace

std::string_view name(Service::State state) { return kNames[static_cast<std::size_t>(state)]; }

Life Service::life() const {
  switch (state_) {
    case State::stopped: return Life::stopped;
    case State::starting: return Life::starting;
    case State::running: return Life::running;
    case State::ready: return Life::ready;
    case State::stopping: return Life::stopping;
    case State::clearing: return wanted_up_ ? Life::starting : Life::stopping;
    case State::releasing: return Life::starting;
    case State::backoff:
    case State::failed: return Life::failed;
  }
  return Life::failed;
}

void Service::start() {
  wanted_up_ = true;
  deaths_before_ready_ = 0;
  switch (state_) {
    case State::stopped:
    case State::backoff:
      deaths_ = 0;
      return enter(State::starting);
    case State::stopping:
    case State::clearing:
    case State::releasing:
    case State::failed: at_once_ = true; return;
    case State::starting:
    case State::running:
    case State::ready: return;
  }
}

void Service::stop() {
  wanted_up_ = false;
  at_once_ = false;
  switch (state_) {
    case State::starting:
    case State::running:
    case State::ready: return enter(State::stopping);
    case State::backoff: return enter(body_.engine_lives() ? State::clearing : State::stopped);
    case State::releasing: return enter(State::stopped);  // it goes on by itself; a start waits for its end
    case State::stopped:
    case State::stopping:
    case State::clearing:
    case State::failed: return;
  }
}

void Service::restart() {
  deaths_before_ready_ = 0;
  switch (state_) {
    case State::starting:
    case State::running:
    case State::ready:
      wanted_up_ = true;
      at_once_ = true;
      return enter(State::stopping);
    case State::stopped:
    case State::stopping:
    case State::clearing:
    case State::releasing:
    case State::backoff:
    case State::failed: return start();
  }
}

void Service::adopt(ProcessId process) {
  wanted_up_ = true;
  process_ = process;
  began_us_ = body_.now_us();
  body_.event("adopted", fmt::format("pid {} was started by an earlier agent", process.pid));
  detail_ = "not probed yet";
  enter(State::running);
  body_.start_probing();
}

void Service::recover(bool up) {
  wanted_up_ = up;
  at_once_ = true;
  cause_ = "found dead by a new agent";
  if (up) body_.event("exited", "ended while no agent watched");
  enter(State::clearing);
}

void Service::exited(ExitStatus status) {
  if (process_.pid == 0) return;
  died(describe(status));
}

void Service::died(std::string cause) {
  const bool expected = state_ == State::stopping;
  const bool was_ready = deaths_before_ready_ == 0;
  forgive();
  process_ = {};
  cause_ = std::move(cause);
  if (!expected) body_.event("exited", cause_);
  if (!expected) ++deaths_before_ready_;
  if (!expected && body_.engine_lives()) {
    // Without it nobody tends the engine: only one that never gets as far has to wait.
    if (was_ready && body_.now_us() - began_us_ >= kTendedUs) deaths_ = 0;
    body_.stop_probing();
    role_.clear();
    return enter(State::backoff);
  }
  enter(State::clearing);
}

/// A life that was long enough makes the death at its end a first one.
void Service::forgive() {
  const bool was_ready = deaths_before_ready_ == 0;
  if (body_.now_us() - began_us_ >= (was_ready ? kSteadyUs : kStableUs)) deaths_ = 0;
}

void Service::engine_died(std::string cause) {
  if (process_.pid == 0 && state_ != State::backoff) return;
  forgive();
  ++deaths_before_ready_;
  process_ = {};
  cause_ = std::move(cause);
  body_.event("exited", cause_);
  enter(State::clearing);
}

void Service::released() {
  if (state_ == State::releasing) cleared();
}

void Service::emptied() {
  if (state_ == State::clearing || state_ == State::failed) cleared();
}

void Service::timer() {
  switch (state_) {
    case State::stopping:
      body_.event("killed", fmt::format("did not stop within {} ms", body_.stop_timeout_ms()));
      cause_ = "killed: did not stop in time";
      process_ = {};
      return enter(State::clearing);
    case State::clearing:
      body_.event("failed", "processes remain 5 s after SIGKILL; nothing is started on top of them");
      return enter(State::failed);
    case State::failed:
      if (body_.empty()) return cleared();
      body_.kill_all();
      return body_.arm_us(kKillAgainUs);
    case State::backoff: return enter(State::starting);
    case State::stopped:
    case State::starting:
    case State::running:
    case State::releasing:
    case State::ready: return;
  }
}

void Service::probed(const ProbeResult& result) {
  const bool moved = result.role != role_ || (!result.ok && result.detail != detail_);
  role_ = result.ok ? result.role : "";
  detail_ = result.ok ? "" : result.detail;
  if (result.ok && (state_ == State::starting || state_ == State::running)) {
    deaths_before_ready_ = 0;
    enter(State::ready);
    return body_.event("ready", role_.empty() ? "" : "as " + role_);
  }
  if (!result.ok && state_ == State::ready) {
    enter(State::running);
    return body_.event("unready", detail_);
  }
  if (moved) {
    if (result.ok && state_ == State::ready) body_.event("role", role_);
    body_.changed();
  }
}

void Service::cleared() {
  body_.disarm();
  if (!wanted_up_) return enter(State::stopped);
  if (body_.release_due()) return enter(State::releasing);
  if (at_once_) {
    at_once_ = false;
    deaths_ = 0;
    ++restarts_;
    return enter(State::starting);
  }
  enter(State::backoff);
}

std::int64_t Service::delay_us() {
  if (deaths_ == 0) return 0;
  const std::int64_t delay = std::min(kLongestDelayUs, kFirstDelayUs << std::min(deaths_ - 1, 20));
  return delay + static_cast<std::int64_t>(body_.jitter() * static_cast<double>(delay) / 4);
}

void Service::begin() {
  began_us_ = body_.now_us();
  role_.clear();
  detail_ = "starting";
  auto spawned = body_.spawn();
  if (!spawned) {
    detail_ = describe(spawned.error());
    return died(detail_);
  }
  process_ = *spawned;
  body_.event("started", fmt::format("pid {}", process_.pid));
  body_.start_probing();
  body_.changed();
}

/// Leaves the old state, does what the new one begins with. Every way from one state to another passes here.
void Service::enter(State next) {
  state_ = next;
  switch (next) {
    case State::stopped:
      body_.disarm();
      detail_ = cause_;
      body_.event("stopped", cause_);
      break;
    case State::starting:
      body_.disarm();
      if (body_.release_due()) return enter(State::releasing);
      return begin();
    case State::releasing:
      detail_ = cause_ + "; its leadership is being given up";
      body_.changed();
      return body_.release();
    case State::running:
    case State::ready: break;
    case State::stopping:
      body_.stop_probing();
      role_.clear();
      detail_ = "asked to stop";
      body_.signal_stop();
      body_.arm_us(std::int64_t{body_.stop_timeout_ms()} * 1000);
      break;
    case State::clearing:
      body_.stop_probing();
      role_.clear();
      detail_ = cause_;
      body_.disarm();
      body_.kill_all();
      if (body_.empty()) return cleared();
      body_.arm_us(kClearUs);
      break;
    case State::backoff: {
      const std::int64_t delay = body_.engine_lives() ? std::clamp(delay_us(), kEngineUs, kUntendedUs) : delay_us();
      ++deaths_;
      ++restarts_;
      if (delay == 0) return enter(State::starting);
      detail_ = fmt::format("{}; next try in {:.1f} s", cause_, static_cast<double>(delay) / 1e6);
      body_.arm_us(delay);
      break;
    }
    case State::failed:
      detail_ = "processes remain after SIGKILL";
      body_.arm_us(kKillAgainUs);
      break;
  }
  body_.changed();
}

}  // namespace keelson
