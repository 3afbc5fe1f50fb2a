#include "async/worker_pool.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cstdlib>

namespace keelson {

Job& Job::operator=(Job&& other) noexcept {
  if (this != &other) {
    reset();
    pool_ = std::exchange(other.pool_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

void Job::reset() {
  if (WorkerPool* pool = std::exchange(pool_, nullptr)) pool->forget(id_);
}

WorkerPool::WorkerPool(Loop& loop, int threads)
    : loop_(loop), limit_(static_cast<std::size_t>(threads)), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) std::abort();  // out of descriptors before anything began
  watch_ = loop_.watch(event_.get(), EPOLLIN, [this](std::uint32_t) { collect(); });
}

WorkerPool::~WorkerPool() {
  for (auto& [id, job] : pending_) job.context->cancelled_ = true;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    tasks_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Job WorkerPool::run(int timeout_ms, std::function<void(const WorkContext&)> work, std::function<void(JobEnd)> done) {
  const std::uint64_t id = next_id_++;
  auto context = std::make_shared<WorkContext>();
  context->deadline_us_ = loop_.now_us() + std::int64_t{timeout_ms} * 1000;
  pending_.emplace(id, Pending{context, std::move(done), loop_.after_ms(timeout_ms, [this, id] { finish(id, JobEnd::timed_out); })});
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({id, std::move(context), std::move(work)});
    if (tasks_.size() > idle_ && threads_.size() < limit_) threads_.emplace_back([this] { thread_main(); });
  }
  wake_.notify_one();
  return {this, id};
}

void WorkerPool::thread_main() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return ending_ || !tasks_.empty(); });
    --idle_;
    if (ending_) return;
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    if (!task.context->cancelled()) task.work(*task.context);
    lock.lock();
    finished_.push_back(task.id);
    eventfd_write(event_.get(), 1);
  }
}

void WorkerPool::collect() {
  eventfd_t ignored = 0;
  eventfd_read(event_.get(), &ignored);
  std::vector<std::uint64_t> finished;
  {
    const std::lock_guard lock(mutex_);
    finished.swap(finished_);
  }
  for (const std::uint64_t id : finished) finish(id, JobEnd::finished);
}

void WorkerPool::finish(std::uint64_t id, JobEnd end) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;  // dropped or timed out meanwhile
  Pending job = std::move(found->second);
  pending_.erase(found);
  if (end == JobEnd::timed_out) job.context->cancelled_ = true;
  job.deadline.reset();
  job.done(end);
}

void WorkerPool::forget(std::uint64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  found->second.context->cancelled_ = true;
  pending_.erase(found);
}

}  // namespace keelson
