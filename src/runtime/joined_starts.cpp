#include "runtime/joined_starts.h"

namespace keelson {

Result<void> JoinedStarts::start(const std::string& service) {
  std::unique_lock lock(mutex_);
  if (!next_) next_ = std::make_shared<Round>();
  const std::shared_ptr<Round> mine = next_;
  mine->services.push_back(service);
  changed_.wait(lock, [&] { return mine->ended || !busy_; });
  if (mine->ended) return *mine->ended;
  // The first of the round that wakes does it for all.
  busy_ = true;
  next_ = nullptr;
  lock.unlock();
  Result<void> ended = start_(mine->services);
  lock.lock();
  mine->ended = std::move(ended);
  busy_ = false;
  changed_.notify_all();
  return *mine->ended;
}

}  // namespace keelson
