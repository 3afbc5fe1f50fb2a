#include "apply/apply.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

namespace keelson {
namespace {

/// The state of one run. Workers take ready steps; the lock guards everything but the steps being executed.
class Run {
 public:
  Run(Runtime& runtime, const Foundation& foundation, const Plan& plan, ApplyListener& listener, const Clock& clock)
      : runtime_(runtime), foundation_(foundation), plan_(plan), listener_(listener), clock_(clock) {
    for (std::size_t i = 0; i < plan.steps.size(); ++i) index_[plan.steps[i].id] = i;
    waits_for_.resize(plan.steps.size());
    followers_.resize(plan.steps.size());
    skipped_.resize(plan.steps.size());
    for (std::size_t i = 0; i < plan.steps.size(); ++i)
      for (const std::string& id : plan.steps[i].after)
        if (const auto found = index_.find(id); found != index_.end()) {
          ++waits_for_[i];
          followers_[found->second].push_back(i);
        }
    for (std::size_t i = 0; i < plan.steps.size(); ++i)
      if (waits_for_[i] == 0) ready_.push_back(i);
    open_ = plan.steps.size();
  }

  ApplyReport go(int parallel) {
    const std::int64_t began = clock_.monotonic_us();
    listener_.planned(plan_);
    std::vector<std::thread> workers;
    const std::size_t count = std::min<std::size_t>(static_cast<std::size_t>(parallel), plan_.steps.size());
    for (std::size_t i = 0; i < count; ++i) workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
    report_.took_ms = (clock_.monotonic_us() - began) / 1000;
    return std::move(report_);
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return open_ == 0 || !ready_.empty(); });
      if (open_ == 0) return;
      const std::size_t i = ready_.front();
      ready_.pop_front();
      execute(i, lock);
    }
  }

  void execute(std::size_t i, std::unique_lock<std::mutex>& lock) {
    const Step& step = plan_.steps[i];
    listener_.started(step);
    const std::int64_t began = clock_.monotonic_us();
    lock.unlock();
    auto result = runtime_.execute(foundation_, step, [&](const std::string& what_for) {
      const std::lock_guard guard(mutex_);
      listener_.waiting(step, what_for);
    });
    lock.lock();
    const std::int64_t took_ms = (clock_.monotonic_us() - began) / 1000;
    if (result) {
      ++report_.done;
      listener_.finished(step, took_ms);
      finish(i, nullptr);
    } else {
      report_.failures.push_back(result.error());
      listener_.failed(step, result.error(), took_ms);
      finish(i, &step.id);
    }
    changed_.notify_all();
  }

  /// Releases the followers of a finished step; those of a failed one are skipped, all the way down.
  void finish(std::size_t i, const std::string* failed_id) {
    --open_;
    for (const std::size_t follower : followers_[i]) {
      if (failed_id != nullptr && skipped_[follower].empty()) skipped_[follower] = *failed_id;
      if (--waits_for_[follower] != 0) continue;
      if (skipped_[follower].empty()) {
        ready_.push_back(follower);
        continue;
      }
      ++report_.skipped;
      listener_.skipped(plan_.steps[follower], skipped_[follower]);
      const std::string because = skipped_[follower];
      finish(follower, &because);
    }
  }

  Runtime& runtime_;
  const Foundation& foundation_;
  const Plan& plan_;
  ApplyListener& listener_;
  const Clock& clock_;
  std::map<std::string, std::size_t> index_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::size_t> ready_;
  std::vector<std::size_t> waits_for_;
  std::vector<std::vector<std::size_t>> followers_;
  std::vector<std::string> skipped_;  ///< id of the failed step, per step
  std::size_t open_ = 0;
  ApplyReport report_;
};

}  // namespace

ApplyReport apply(Runtime& runtime, const Foundation& foundation, const Plan& plan, ApplyListener& listener, const Clock& clock, int parallel) {
  return Run(runtime, foundation, plan, listener, clock).go(parallel);
}

}  // namespace keelson
