#pragma once
#include <mutex>

#include "runtime/kubernetes/kubectl.h"

namespace keelson::kubernetes {

/// What a foundation has in its cluster, all kinds and pods, asked at most once for all who ask at one time: a look costs a process. Thread-safe.
class Snapshot {
 public:
  /// Borrows the client.
  Snapshot(Kubectl& kubectl, std::string space, Labels labels) : kubectl_(kubectl), space_(std::move(space)), labels_(std::move(labels)) {}

  /// Not older than `age_ms`.
  Result<Seen> look(int age_ms);

 private:
  Kubectl& kubectl_;
  const std::string space_;
  const Labels labels_;
  std::mutex mutex_;
  std::int64_t looked_ms_ = 0;
  Seen seen_;
};

}  // namespace keelson::kubernetes
