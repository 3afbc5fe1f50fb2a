#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace keelson {

/// How to reach a PostgreSQL server (or PgBouncer). Plain data except the password.
struct PgAddress {
  std::string host = {};      ///< name verified in the certificate, or the directory of a Unix socket ("/…")
  std::string address = {};   ///< where to connect: an IP address, or a name to look up; "" = resolve `host`
  int port = 5432;
  std::string database = "postgres";
  std::string user = {};
  Secret password = {};
  std::string sslmode = "verify-full";  ///< not used on a Unix socket
  std::string trust_file = {};          ///< sslrootcert
  std::string certificate_file = {};    ///< client certificate and key; "" = none
  std::string key_file = {};
  std::string options = {};             ///< server settings of the session ("-c statement_timeout=5s")
  std::string application = "keelson";
  int connect_timeout_ms = 5'000;
};

/// What a statement returned: text values as PostgreSQL prints them; SQL null is nothing.
struct PgRows {
  std::vector<std::string> columns = {};
  std::vector<std::vector<std::optional<std::string>>> rows = {};
  std::string tag = {};  ///< command tag, "INSERT 0 1"
  std::string warning = {};  ///< SQLSTATE of the last warning that came with it; "57014": committed here, but not by the standbys

  /// The value at that place; "" for null or a place that is not there.
  std::string text(std::size_t row, std::size_t column) const;
  bool boolean(std::size_t row, std::size_t column) const { return text(row, column) == "t"; }
};

/// What becomes of a statement that takes too long.
enum class PgOverdue {
  cancel,   ///< it is cancelled, and the session may be used again; waits for the server without a limit of its own
  abandon,  ///< it may still happen; the session is of no further use. For servers that may stand still
};

/// An open session of libpq (15). Blocking, one thread at a time, closed by the destructor. Server notices below a warning are dropped. Errors carry
/// the server's primary message and SQLSTATE, never the statement and never a password.
class PgConnection {
 public:
  /// Opens a session; gives up after `connect_timeout_ms`.
  static Result<PgConnection> open(const PgAddress& address);
  PgConnection(PgConnection&&) noexcept;
  PgConnection& operator=(PgConnection&&) noexcept;
  ~PgConnection();

  /// Runs one statement with `parameters` as $1, $2 … in text form. After `timeout_ms` the call fails, and the
  /// statement is treated as `overdue` says.
  Result<PgRows> query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters = {},
                       int timeout_ms = 10'000, PgOverdue overdue = PgOverdue::cancel);
  /// A SCRAM-SHA-256 verifier with a random salt for `password`, made here: the server never sees the plain text.
  Result<Secret> scram_verifier(const std::string& user, const Secret& password);
  /// The TLS version in use ("TLSv1.3"), or "" on a plain connection or a socket.
  std::string tls_version() const;
  /// A run-time parameter the server reported ("server_version", "is_superuser").
  std::string parameter(const std::string& name) const;

 private:
  struct State;
  explicit PgConnection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace keelson
