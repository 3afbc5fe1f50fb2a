#include "operate/load.h"

#include <algorithm>
#include <chrono>

namespace keelson::operate {

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

Load::Load(std::vector<Lane> lanes) {
  for (Lane& lane : lanes) {
    auto worker = std::make_unique<Worker>();
    worker->log = {.stream = lane.name, .rows = lane.rows, .ops = {}};
    worker->lane = std::move(lane);
    workers_.push_back(std::move(worker));
  }
  for (auto& worker : workers_) worker->thread = std::thread([this, &worker = *worker] { run(worker); });
}

/// False when the load is being stopped.
bool Load::pause(int ms) {
  std::unique_lock guard(mutex_);
  return !ended_.wait_for(guard, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

void Load::run(Worker& worker) {
  std::unique_ptr<Session> session;
  while (pause(worker.lane.pause_ms)) {
    Op op{.seq = static_cast<std::int64_t>(worker.log.ops.size()) + 1, .sent_us = now_us()};
    Session::Answer answer;
    if (session == nullptr) {
      auto opened = worker.lane.open();
      if (opened) session = std::move(*opened);
      else answer = {Outcome::failed, describe(opened.error())};
    }
    if (session != nullptr) {
      op.sent_us = now_us();
      answer = session->write(op.seq);
    }
    op.done_us = now_us();
    op.outcome = answer.outcome;
    op.term = answer.term;
    worker.log.ops.push_back(op);
    if (op.outcome == Outcome::ok) {
      ++worker.acknowledged;
      continue;
    }
    // A probe is refused all the time by whoever does not lead; its session stays.
    if (worker.lane.purpose != Purpose::probe || op.outcome == Outcome::unknown) session.reset();
    const std::lock_guard guard(mutex_);
    worker.log.last_problem = std::move(answer.problem);
  }
}

bool Load::acknowledged_by_all(std::int64_t count) const {
  return std::all_of(workers_.begin(), workers_.end(), [count](const auto& worker) {
    return worker->lane.purpose == Purpose::probe || worker->acknowledged - worker->marked >= count;
  });
}

void Load::mark() {
  for (auto& worker : workers_) worker->marked = worker->acknowledged;
}

std::string Load::silent() const {
  const std::lock_guard guard(mutex_);
  for (const auto& worker : workers_)
    if (worker->lane.purpose != Purpose::probe && worker->acknowledged == worker->marked)
      return worker->lane.name + ": " + (worker->log.last_problem.empty() ? "no answer" : worker->log.last_problem);
  return {};
}

void Load::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  ended_.notify_all();
  for (auto& worker : workers_) {
    if (!worker->thread.joinable()) continue;
    worker->thread.join();
    const bool probe = worker->lane.purpose == Purpose::probe;
    if (!probe) purposes_.push_back(worker->lane.purpose);
    (probe ? probes_ : ledger_).push_back(std::move(worker->log));
  }
}

const StreamLog* Load::of(Purpose purpose) const {
  for (std::size_t i = 0; i < ledger_.size(); ++i)
    if (purposes_[i] == purpose) return &ledger_[i];
  return nullptr;
}

}  // namespace keelson::operate
