#pragma once
#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "state/sqlite.h"
#include "system/clock.h"

namespace keelson::state {

/// One step of a schema. Steps are never edited once released; a change is a new step.
struct Migration {
  const char* name;
  const char* sql;
};

/// Brings the database to the newest of `migrations` (all in one transaction; table `migration` keeps which ran and when).
/// A database of a newer keelson is refused, untouched.
Result<void> migrate(Database& database, Clock& clock, std::span<const Migration> migrations, const std::string& path);

/// Opens `<state_dir>/state.db` with its schema: the file that every class of this room but HostRegistry uses. One process
/// may open it several times (the CLI with full durability beside the agent with normal).
Result<std::unique_ptr<Database>> open_state(const std::string& state_dir, Clock& clock, Durability durability = Durability::full);

}  // namespace keelson::state
