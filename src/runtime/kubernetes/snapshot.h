#pragma once
#include <mutex>

#include "runtime/kubernetes/kubectl.h"

namespace keelson::kubernetes {

/// What a foundation has in its cluster, all kinds and pods, asked at most once for all who ask at one time: a look costs a process. Thread-safe.
class Snapshot {
 public:
  /// Borrows the client.
  Snapshot(Kubectl& kubectl, std::string space, Labels labels) : kubectl_(kubectl), space_(std::move(space)), labels_(std::move(labels)) {}

  /// Not older than `age_ms`, and not begun before `since_ms` (monotonic_ms): a look may see things as they were when it began.
  Result<Seen> look(int age_ms, std::int64_t since_ms = 0);

 private:
  Kubectl& kubectl_;
  const std::string space_;
  const Labels labels_;
  std::mutex mutex_;
  std::int64_t began_ms_ = 0, looked_ms_ = 0;
  Seen seen_;
};

}  // namespace keelson::kubernetes
