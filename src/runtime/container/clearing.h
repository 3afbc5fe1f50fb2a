#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "async/loop.h"
#include "runtime/container/process_table.h"

namespace keelson::container {

/// Ends every process of the container but its first, which this is, and tells when nothing is left: the fence of a dead leader.
///
/// SIGKILL to all (kill(-1) of the first process reaches its whole PID namespace, and processes in namespaces below), again and again, and
/// reaping, until /proc lists nobody else, twice in a row: `docker exec` may bring somebody in at any moment, and is ended as well. A
/// process in uninterruptible sleep, or of a user that may not be signalled (`docker exec -u 0`), stays in the list: then it is not
/// told, and nothing is released.
///
/// Strangers (process_table.h) are never signalled. Whoever `docker exec` brings in, a health check too, is one for some milliseconds, on
/// a busy machine for more; so a stranger counts only when the same is there still after kStrangerUs. Then the emptiness of what is the
/// container's own is told, but `shared` says that this proves nothing.
class Clearing {
 public:
  static constexpr std::int64_t kLookAgainUs = 2'000;
  static constexpr std::int64_t kStrangerUs = 2'000'000;

  Clearing(Loop& loop, std::string proc) : loop_(loop), proc_(std::move(proc)) {}
  /// The first look is done at once. Called again while it runs it goes on.
  void begin(std::function<void()> told);
  /// Of the last `begin`: nothing is left.
  bool done() const { return done_; }
  /// The stranger that was there; "" = the namespace is the container's alone.
  const std::string& shared() const { return shared_; }

 private:
  bool look();
  void look_again();
  bool all_stay(const std::vector<Process>& strangers);

  Loop& loop_;
  const std::string proc_;
  std::function<void()> told_;
  std::map<int, std::int64_t> strangers_;  ///< pid -> since when
  int empty_looks_ = 0;
  bool done_ = false;
  std::string shared_;
  Timer again_;
};

/// Reaps whatever has ended except `spared`, whose status somebody else wants. True: that one has ended, and hides who came after it.
bool reap_children(int spared);

}  // namespace keelson::container
