#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "state/sqlite.h"
#include "system/clock.h"

namespace keelson::state {

/// What keelson did to the foundation, step by step, written before and after each: the ground for going on after a crash.
/// Use a database of full durability. Thread-safe.
class Journal {
 public:
  Journal(Database& database, Clock& clock) : database_(database), clock_(clock) {}
  /// Returns the id of the run.
  Result<std::int64_t> begin_run(std::string_view command, std::string_view who);
  Result<void> end_run(std::int64_t run, std::string_view outcome);
  /// A step may start again in the same run (a retry); its earlier end is then forgotten.
  Result<void> step_started(std::int64_t run, std::string_view step);
  /// Fails when that step was not started.
  Result<void> step_finished(std::int64_t run, std::string_view step, std::string_view outcome, std::string_view detail = "");
  /// Marks the open steps of all runs but `run` as abandoned: the caller has looked and goes on anew.
  Result<void> abandon_before(std::int64_t run);

 private:
  Database& database_;
  Clock& clock_;
};

}  // namespace keelson::state
