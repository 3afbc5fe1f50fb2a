#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "client/client.h"
#include "system/fd.h"

namespace keelson::operate {

/// Processes held by descriptors, so that no signal can reach another one that got the same pid.
class Held {
 public:
  /// Every process of these instances, as the runtime sees them, that still is one of them after it was opened. Fails when
  /// there is none, or when the runtime's processes cannot be reached from here.
  static Result<Held> of_instances(Standing& standing, std::span<const std::string> instances);
  /// The one process that is meant: `json` names it, whatever its pid is used for now.
  static Result<Held> of_process(const Json& json);

  std::size_t size() const { return processes_.size(); }
  /// Keeps those whose command line holds `word`.
  Held with(std::string_view word) &&;
  /// To all of them; one that has ended in the meantime is no error.
  Result<void> signal(int number) const;
  /// Until all have ended; fails after `within_ms` with those that have not.
  Result<void> wait_ended(int within_ms) const;
  /// Whether each of them that is left stands still (state T in /proc).
  bool all_stopped() const;

 private:
  struct Process {
    int pid;
    OwnedFd fd;
  };
  std::vector<Process> processes_;
};

/// What names the process of that pid for of_process, also in a journal; fails when there is none.
Result<Json> process_json(int pid);

/// Names of the instances of a member.
std::vector<std::string> instances_of(const Member& member);

}  // namespace keelson::operate
