#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace keelson {

/// Starts asked for at the same time are done together: whoever asks while one is under way joins the next. Each `docker compose up`
/// costs half a second, and two at once in one project trip over each other's networks; each `kubectl apply` costs a third of one.
class JoinedStarts {
 public:
  /// Starts all of these services; blocks.
  using Start = std::function<Result<void>(const std::vector<std::string>& services)>;
  explicit JoinedStarts(Start start) : start_(std::move(start)) {}

  /// Blocks until a start that this service was part of has ended, and returns how that ended. Thread-safe.
  Result<void> start(const std::string& service);

 private:
  struct Round {
    std::vector<std::string> services;
    std::optional<Result<void>> ended;
  };
  Start start_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;
  std::shared_ptr<Round> next_;  ///< gathers those who wait; null = nobody does
};

}  // namespace keelson
