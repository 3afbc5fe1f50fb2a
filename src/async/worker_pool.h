#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "async/loop.h"

namespace keelson {

/// What blocking work may ask while it runs: whether anybody still wants its result, and how long it may take.
class WorkContext {
 public:
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  std::int64_t deadline_us() const { return deadline_us_; }  ///< monotonic, as Clock

 private:
  friend class WorkerPool;
  friend class Job;
  std::atomic<bool> cancelled_{false};
  std::int64_t deadline_us_ = 0;
};

class WorkerPool;

/// Blocking work under way. Dropping it sets the cancel flag and forgets the result: `done` cannot run afterwards.
class Job {
 public:
  Job() = default;
  Job(Job&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), id_(other.id_) {}
  Job& operator=(Job&& other) noexcept;
  ~Job() { reset(); }
  void reset();
  explicit operator bool() const { return pool_ != nullptr; }

 private:
  friend class WorkerPool;
  Job(WorkerPool* pool, std::uint64_t id) : pool_(pool), id_(id) {}
  WorkerPool* pool_ = nullptr;
  std::uint64_t id_ = 0;
};

enum class JobEnd { finished, timed_out };

/// A few threads for work that blocks (files, SQL, secrets). Results come back to the loop's thread through an eventfd.
/// Threads start when first needed. The destructor waits for work that has begun (cancel flag set), drops the rest.
class WorkerPool {
 public:
  WorkerPool(Loop& loop, int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs `work` on a worker, then `done(finished)` on the loop's thread. When `timeout_ms` passes first, the cancel flag is
  /// set and `done(timed_out)` runs once; the work itself cannot be interrupted. `work` and `done` share data by
  /// shared_ptr: `work` may outlive the Job.
  Job run(int timeout_ms, std::function<void(const WorkContext&)> work, std::function<void(JobEnd)> done);

 private:
  friend class Job;
  struct Pending {
    std::shared_ptr<WorkContext> context;
    std::function<void(JobEnd)> done;
    Timer deadline;
  };
  struct Task {
    std::uint64_t id;
    std::shared_ptr<WorkContext> context;
    std::function<void(const WorkContext&)> work;
  };
  void thread_main();
  void collect();
  void finish(std::uint64_t id, JobEnd end);
  void forget(std::uint64_t id);

  Loop& loop_;
  std::size_t limit_;
  OwnedFd event_;
  Watch watch_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, Pending> pending_;  // loop's thread only

  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::vector<std::uint64_t> finished_;
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace keelson
