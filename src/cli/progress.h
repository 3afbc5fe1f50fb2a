#pragma once
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "apply/apply.h"
#include "cli/options.h"
#include "cli/output.h"

namespace keelson::cli {

/// What a live list knows: steps, their states and times. Pure; times are milliseconds of one monotonic clock.
class ProgressList {
 public:
  enum class State { pending, running, done, failed, skipped };

  void planned(const std::vector<std::string>& ids);
  void started(const std::string& id, std::int64_t now_ms);
  void waiting(const std::string& id, const std::string& what_for);
  void ended(const std::string& id, State state, std::int64_t took_ms, const std::string& word);

  /// The list at this moment, at most `rows` lines, none wider than `width`: running steps, then what just ended, then a
  /// line of counts. Colour is the caller's business.
  std::vector<std::string> lines(std::int64_t now_ms, std::size_t width, std::size_t rows) const;

 private:
  struct Row {
    State state = State::pending;
    std::int64_t started_ms = 0;
    std::int64_t took_ms = 0;
    std::string word = {};  ///< what it waits for, or why it failed
    std::uint64_t order = 0;
  };
  std::map<std::string, Row> rows_;
  std::uint64_t next_order_ = 1;
};

/// A listener for the style the user asked for; `automatic` means a live list on a terminal and plain lines elsewhere.
/// Writes to standard error only. Its destructor leaves the terminal as it found it.
std::unique_ptr<ApplyListener> make_listener(ProgressStyle style, Output& output);

/// The same for down and destroy, which have no plan: says each new thing that is waited for.
Progress make_progress(ProgressStyle style, Output& output);

/// "[  1.2s]"
std::string stamp(std::int64_t elapsed_ms);

}  // namespace keelson::cli
