#include "async/loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace keelson {

Watch& Watch::operator=(Watch&& other) noexcept {
  if (this != &other) {
    reset();
    loop_ = std::exchange(other.loop_, nullptr);
    id_ = other.id_;
    fd_ = other.fd_;
    events_ = other.events_;
  }
  return *this;
}

void Watch::reset() {
  Loop* loop = std::exchange(loop_, nullptr);
  if (!loop) return;
  if (loop->watches_.erase(id_)) epoll_ctl(loop->epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
}

void Watch::events(std::uint32_t events) {
  if (!loop_ || events == events_) return;
  events_ = events;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id_;
  epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_MOD, fd_, &event);
}

Timer& Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    reset();
    loop_ = std::exchange(other.loop_, nullptr);
    when_us_ = other.when_us_;
    id_ = other.id_;
  }
  return *this;
}

void Timer::reset() {
  if (Loop* loop = std::exchange(loop_, nullptr)) loop->timers_.erase({when_us_, id_});
}

Loop::Loop(const Clock& clock) : clock_(clock), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) std::abort();  // out of descriptors before anything began: nothing can be done
}

Watch Loop::watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> ready) {
  const std::uint64_t id = next_id_++;
  epoll_event event{};
  event.events = events;
  event.data.u64 = id;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return {};
  watches_.emplace(id, std::make_shared<Ready>(std::move(ready)));
  return {this, id, fd, events};
}

Timer Loop::after_us(std::int64_t delay_us, std::function<void()> due, std::int64_t slack_us) {
  std::int64_t when = now_us() + std::max<std::int64_t>(delay_us, 0);
  if (slack_us > 0) when = (when + slack_us - 1) / slack_us * slack_us;
  const std::uint64_t id = next_id_++;
  timers_.emplace(std::pair{when, id}, std::move(due));
  return {this, when, id};
}

void Loop::run() {
  running_ = true;
  while (running_) run_once(-1);
}

int Loop::wait_for(int wait_ms) const {
  if (timers_.empty()) return wait_ms;
  const std::int64_t left_us = timers_.begin()->first.first - now_us();
  const int timer_ms = static_cast<int>(std::clamp<std::int64_t>((left_us + 999) / 1000, 0, 3'600'000));
  return wait_ms < 0 ? timer_ms : std::min(wait_ms, timer_ms);
}

void Loop::run_once(int wait_ms) {
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_for(wait_ms));
  for (int i = 0; i < count; ++i) {
    const auto found = watches_.find(events[static_cast<std::size_t>(i)].data.u64);
    if (found == watches_.end()) continue;  // dropped by an earlier callback of this round
    const auto ready = found->second;       // keeps the callback alive should it drop its own Watch
    (*ready)(events[static_cast<std::size_t>(i)].events);
  }
  run_timers();
}

void Loop::run_timers() {
  if (timers_.empty()) return;
  const std::int64_t now = now_us();
  const std::uint64_t newest = next_id_;  // timers made from here on wait for the next round
  auto next = timers_.begin();
  while (next != timers_.end() && next->first.first <= now) {
    if (next->first.second >= newest) { ++next; continue; }
    const Due due = std::move(next->second);
    timers_.erase(next);
    due();
    next = timers_.begin();
  }
}

}  // namespace keelson
