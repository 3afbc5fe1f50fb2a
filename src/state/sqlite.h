#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace keelson::state {

/// What a transaction survives. In both, a crash of keelson loses nothing that was committed.
enum class Durability {
  full,    ///< also a power cut (one fsync each): the journal, the audit chain, the host registry
  normal,  ///< a power cut may lose the last transactions, never the file: the agent's own rows, which a reboot voids
};

/// A value bound to a `?`. Text is bound as text, whatever it holds: it never becomes SQL.
using Value = std::variant<std::nullptr_t, std::int64_t, std::string_view>;

/// The current row of a query; valid inside the callback only. Columns count from 0.
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t number(int column) const;
  std::string text(int column) const;  ///< "" for NULL
  bool is_null(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// One SQLite database file, 0600, in WAL mode, with a 5 s busy timeout and a 256 KiB cache. Threads share it: each call
/// and each transaction has it alone. Errors name the file and SQLite's own text, never bound values.
class Database {
 public:
  /// Opens or creates the file; a symlink is refused.
  static Result<std::unique_ptr<Database>> open(const std::string& path, Durability durability);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// One statement that returns no rows.
  Result<void> run(std::string_view sql, std::initializer_list<Value> values = {});
  /// One query; `row` is called for each row and must not use the database.
  Result<void> each(std::string_view sql, std::initializer_list<Value> values, const std::function<void(const Row&)>& row);
  /// Several statements without values (schemas).
  Result<void> script(const char* sql);
  /// Rowid of the last insert, and the number of rows the last statement changed. Meaningful inside `transaction`.
  std::int64_t last_id() const;
  std::int64_t changed() const;

  /// Runs `work` in one transaction that has the write lock from its start; commits when it succeeds, else undoes all of
  /// it. Do not nest.
  template <typename Work>
  auto transaction(Work work) -> decltype(work()) {
    const std::lock_guard guard(mutex_);
    KEELSON_CHECK(run("BEGIN IMMEDIATE"));
    auto result = work();
    if (!result) {
      undo();
      return result;
    }
    if (auto committed = run("COMMIT"); !committed) {
      undo();
      return tl::unexpected(std::move(committed).error());
    }
    return result;
  }

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  tl::unexpected<Error> failed(std::string what) const;
  void undo();

  sqlite3* handle_;
  const std::string path_;
  std::recursive_mutex mutex_;
};

}  // namespace keelson::state
