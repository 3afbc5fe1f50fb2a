#include "state/schema.h"

namespace keelson::state {
namespace {

constexpr Migration kMigrations[] = {
    {"first", R"(
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT, command TEXT NOT NULL, who TEXT NOT NULL, pid INTEGER NOT NULL,
  started_ms INTEGER NOT NULL, finished_ms INTEGER, outcome TEXT);
CREATE TABLE step (
  run INTEGER NOT NULL REFERENCES run(id), id TEXT NOT NULL,
  started_ms INTEGER NOT NULL, finished_ms INTEGER, outcome TEXT, detail TEXT,
  PRIMARY KEY (run, id)) WITHOUT ROWID;
CREATE INDEX step_open ON step (run) WHERE finished_ms IS NULL;
CREATE TABLE event (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, component TEXT NOT NULL,
  member TEXT NOT NULL, reason TEXT NOT NULL, decision TEXT, failed_condition TEXT);
CREATE TABLE written_file (
  instance TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (instance, path)) WITHOUT ROWID;
CREATE TABLE address (name TEXT PRIMARY KEY, octet INTEGER NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE agent (kind TEXT NOT NULL, name TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, who TEXT NOT NULL, command TEXT NOT NULL,
  outcome TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL);
)"},
    {"drills", R"(
CREATE TABLE drill (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, component TEXT NOT NULL, fault TEXT NOT NULL,
  verdict TEXT NOT NULL, card TEXT NOT NULL);
)"},
};

Result<std::int64_t> version_of(Database& database) {
  std::int64_t version = 0;
  KEELSON_CHECK(database.each("SELECT coalesce(max(version), 0) FROM migration", {}, [&](const Row& row) { version = row.number(0); }));
  return version;
}

}  // namespace

Result<void> migrate(Database& database, Clock& clock, std::span<const Migration> migrations, const std::string& path) {
  const auto newest = static_cast<std::int64_t>(migrations.size());
  bool has_table = false;
  KEELSON_CHECK(database.each("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'", {},
                              [&](const Row&) { has_table = true; }));
  if (has_table) {
    KEELSON_TRY(const std::int64_t version, version_of(database));
    if (version == newest) return {};  // the usual case needs no write lock
  }
  return database.transaction([&]() -> Result<void> {
    KEELSON_CHECK(database.run("CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at_ms INTEGER NOT NULL)"));
    KEELSON_TRY(const std::int64_t version, version_of(database));
    if (version > newest)
      return fail("the state was written by a newer keelson", path,
                  "its schema is version " + std::to_string(version) + ", this keelson knows " + std::to_string(newest),
                  "use the newer keelson");
    for (std::int64_t next = version; next < newest; ++next) {
      const Migration& migration = migrations[static_cast<std::size_t>(next)];
      KEELSON_CHECK(database.script(migration.sql));
      KEELSON_CHECK(database.run("INSERT INTO migration VALUES (?, ?, ?)", {next + 1, std::string_view(migration.name), clock.wall_ms()}));
    }
    return {};
  });
}

Result<std::unique_ptr<Database>> open_state(const std::string& state_dir, Clock& clock, Durability durability) {
  const std::string path = state_dir + "/state.db";
  KEELSON_TRY(auto database, Database::open(path, durability));
  KEELSON_CHECK(migrate(*database, clock, kMigrations, path));
  return database;
}

}  // namespace keelson::state
