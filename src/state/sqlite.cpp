#include "state/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace keelson::state {
namespace {

constexpr int kBusyMs = 5000;

struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalizer>;

bool bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (std::holds_alternative<std::nullptr_t>(value)) return sqlite3_bind_null(statement, index) == SQLITE_OK;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return sqlite3_bind_int64(statement, index, *number) == SQLITE_OK;
  const auto text = std::get<std::string_view>(value);
  return sqlite3_bind_text64(statement, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK;
}

}  // namespace

std::int64_t Row::number(int column) const { return sqlite3_column_int64(statement_, column); }
bool Row::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::string Row::text(int column) const {
  const auto* text = sqlite3_column_text(statement_, column);
  return text ? std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
              : std::string();
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Durability durability) {
  // Made by us first: SQLite would use the umask; its -wal and -shm files take over the mode of this one.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail("cannot open the state database", path, std::strerror(errno), "look at the owner and mode of its directory");
  ::close(fd);
  sqlite3* handle = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle, path));
  if (opened != SQLITE_OK) return database->failed("cannot open the state database");
  sqlite3_busy_timeout(handle, kBusyMs);
  const char* settings = durability == Durability::full
                             ? "PRAGMA cache_size=-256; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                             : "PRAGMA cache_size=-256; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;";
  KEELSON_CHECK(database->script(settings));
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

tl::unexpected<Error> Database::failed(std::string what) const {
  const int code = handle_ ? sqlite3_errcode(handle_) : SQLITE_NOMEM;
  const std::string why = handle_ ? sqlite3_errmsg(handle_) : "out of memory";
  std::string next;
  if (code == SQLITE_BUSY) next = "another process holds it for more than 5 s: fuser " + path_;
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) next = "move the file away and run `keelson up`; it is not touched";
  if (code == SQLITE_FULL) next = "make room on the disk";
  return fail(std::move(what), path_, why, std::move(next));
}

Result<void> Database::each(std::string_view sql, std::initializer_list<Value> values, const std::function<void(const Row&)>& row) {
  const std::lock_guard guard(mutex_);
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &prepared, nullptr) != SQLITE_OK)
    return failed("cannot use the state database");
  const Statement statement(prepared);
  int index = 0;
  for (const Value& value : values)
    if (!bind(prepared, ++index, value)) return failed("cannot use the state database");
  for (;;) {
    const int step = sqlite3_step(prepared);
    if (step == SQLITE_DONE) return {};
    if (step != SQLITE_ROW) return failed("cannot use the state database");
    row(Row(prepared));
  }
}

Result<void> Database::run(std::string_view sql, std::initializer_list<Value> values) {
  return each(sql, values, [](const Row&) {});
}

Result<void> Database::script(const char* sql) {
  const std::lock_guard guard(mutex_);
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed("cannot use the state database");
  return {};
}

void Database::undo() {
  if (sqlite3_get_autocommit(handle_) == 0) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Database::changed() const { return sqlite3_changes64(handle_); }

}  // namespace keelson::state
