#include "state/journal.h"

#include <unistd.h>

namespace keelson::state {

Result<std::int64_t> Journal::begin_run(std::string_view command, std::string_view who) {
  return database_.transaction([&]() -> Result<std::int64_t> {
    KEELSON_CHECK(database_.run("INSERT INTO run (command, who, pid, started_ms) VALUES (?, ?, ?, ?)",
                                {command, who, static_cast<std::int64_t>(::getpid()), clock_.wall_ms()}));
    return database_.last_id();
  });
}

Result<void> Journal::end_run(std::int64_t run, std::string_view outcome) {
  return database_.run("UPDATE run SET finished_ms = ?, outcome = ? WHERE id = ?", {clock_.wall_ms(), outcome, run});
}

Result<void> Journal::step_started(std::int64_t run, std::string_view step) {
  return database_.run("INSERT OR REPLACE INTO step (run, id, started_ms) VALUES (?, ?, ?)", {run, step, clock_.wall_ms()});
}

Result<void> Journal::step_finished(std::int64_t run, std::string_view step, std::string_view outcome, std::string_view detail) {
  return database_.transaction([&]() -> Result<void> {
    KEELSON_CHECK(database_.run("UPDATE step SET finished_ms = ?, outcome = ?, detail = ? WHERE run = ? AND id = ?",
                                {clock_.wall_ms(), outcome, detail, run, step}));
    if (database_.changed() != 1) return fail("a step ended that never began", std::string(step), "run " + std::to_string(run));
    return {};
  });
}

Result<void> Journal::abandon_before(std::int64_t run) {
  return database_.run("UPDATE step SET finished_ms = ?, outcome = 'abandoned' WHERE finished_ms IS NULL AND run <> ?", {clock_.wall_ms(), run});
}

}  // namespace keelson::state
