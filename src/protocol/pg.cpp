#include "protocol/pg.h"

#include <libpq-fe.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace keelson {
namespace {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

int left_ms(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

/// False when the deadline came first.
bool wait_for(int fd, short events, Deadline deadline) {
  while (true) {
    pollfd watch{fd, events, 0};
    const int ready = poll(&watch, 1, left_ms(deadline));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/// libpq's messages end in a newline and may hold several lines.
std::string one_line(const char* message) {
  std::string text(message == nullptr ? "" : message);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text;
}

/// What libpq's hostaddr takes: of a name, its first address. With the name as libpq's host, that name would be verified.
Result<std::string> numeric(const std::string& address) {
  if (address.empty()) return address;
  addrinfo hints{}, *raw = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  const int looked = ::getaddrinfo(address.c_str(), nullptr, &hints, &raw);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(raw, &::freeaddrinfo);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (looked != 0 || ::getnameinfo(raw->ai_addr, raw->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return fail("cannot resolve the server's name", address, looked != 0 ? ::gai_strerror(looked) : "it has no address that can be told");
  return std::string(text.data());
}

std::string place_of(const PgAddress& address) {
  const std::string& where = address.address.empty() ? address.host : address.address;
  return address.user + "@" + where + ":" + std::to_string(address.port) + "/" + address.database;
}

/// Keeps the SQLSTATE of warnings in the std::string behind `kept`.
void keep_warning(void* kept, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* code = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
  if (severity != nullptr && code != nullptr && std::strcmp(severity, "WARNING") == 0) *static_cast<std::string*>(kept) = code;
}

struct FreeResult { void operator()(PGresult* result) const { PQclear(result); } };
using ResultHandle = std::unique_ptr<PGresult, FreeResult>;

}  // namespace

struct PgConnection::State {
  PGconn* connection = nullptr;
  std::string place;
  std::string warning = {};
  ~State() { PQfinish(connection); }
};

PgConnection::PgConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
PgConnection::PgConnection(PgConnection&&) noexcept = default;
PgConnection& PgConnection::operator=(PgConnection&&) noexcept = default;
PgConnection::~PgConnection() = default;

std::string PgRows::text(std::size_t row, std::size_t column) const {
  if (row >= rows.size() || column >= rows[row].size()) return {};
  return rows[row][column].value_or("");
}

Result<PgConnection> PgConnection::open(const PgAddress& address) {
  const std::string port = std::to_string(address.port);
  const std::string password(address.password.reveal());
  std::vector<const char*> names, values;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    names.push_back(name);
    values.push_back(value.c_str());
  };
  KEELSON_TRY(const std::string place, numeric(address.address));
  add("host", address.host);
  add("hostaddr", place);
  add("port", port);
  add("dbname", address.database);
  add("user", address.user);
  add("password", password);
  add("application_name", address.application);
  add("options", address.options);
  if (!address.host.starts_with('/')) {
    add("sslmode", address.sslmode);
    add("sslrootcert", address.trust_file);
    add("sslcert", address.certificate_file);
    add("sslkey", address.key_file);
  }
  // Files of the user who runs keelson (~/.pgpass, ~/.postgresql, services) must not decide anything here.
  static const std::string kNowhere = "/nonexistent";  // an absent file is silently no file
  add("passfile", kNowhere);
  if (address.certificate_file.empty()) add("sslcert", kNowhere), add("sslkey", kNowhere);
  names.push_back(nullptr);
  values.push_back(nullptr);

  auto state = std::make_unique<State>();
  state->place = place_of(address);
  state->connection = PQconnectStartParams(names.data(), values.data(), 0);
  PGconn* connection = state->connection;
  if (connection == nullptr) return fail("cannot open a session", state->place, "out of memory");
  const Deadline deadline = Clock::now() + std::chrono::milliseconds(address.connect_timeout_ms);
  PostgresPollingStatusType next = PQstatus(connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    if (!wait_for(PQsocket(connection), next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline))
      return fail("cannot open a session", state->place,
                  "no answer within " + std::to_string(address.connect_timeout_ms) + " ms");
    next = PQconnectPoll(connection);
  }
  if (next != PGRES_POLLING_OK) return fail("cannot open a session", state->place, one_line(PQerrorMessage(connection)));
  PQsetNoticeReceiver(connection, keep_warning, &state->warning);
  return PgConnection(std::move(state));
}

namespace {

/// Reads results until libpq has no more; keeps the last. Nothing when the deadline came first.
std::optional<ResultHandle> collect(PGconn* connection, Deadline deadline) {
  ResultHandle last;
  while (true) {
    while (PQisBusy(connection)) {
      if (!wait_for(PQsocket(connection), POLLIN, deadline)) return std::nullopt;
      if (PQconsumeInput(connection) == 0) return last;
    }
    PGresult* result = PQgetResult(connection);
    if (result == nullptr) return last;
    last.reset(result);
  }
}

void cancel(PGconn* connection) {
  char reason[256];
  if (PGcancel* handle = PQgetCancel(connection)) {
    PQcancel(handle, reason, sizeof reason);
    PQfreeCancel(handle);
  }
  collect(connection, Clock::now() + std::chrono::seconds(1));
}

PgRows rows_of(const PGresult* result) {
  PgRows out;
  out.tag = PQcmdStatus(const_cast<PGresult*>(result));
  const int columns = PQnfields(result), rows = PQntuples(result);
  for (int c = 0; c < columns; ++c) out.columns.emplace_back(PQfname(result, c));
  for (int r = 0; r < rows; ++r) {
    auto& row = out.rows.emplace_back();
    for (int c = 0; c < columns; ++c) {
      if (PQgetisnull(result, r, c)) row.emplace_back(std::nullopt);
      else row.emplace_back(std::string(PQgetvalue(result, r, c), static_cast<std::size_t>(PQgetlength(result, r, c))));
    }
  }
  return out;
}

}  // namespace

Result<PgRows> PgConnection::query(const std::string& sql, const std::vector<std::optional<std::string>>& parameters,
                                   int timeout_ms, PgOverdue overdue) {
  PGconn* connection = state_->connection;
  state_->warning.clear();
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  if (PQsendQueryParams(connection, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0) == 0)
    return fail("cannot send a statement", state_->place, one_line(PQerrorMessage(connection)));
  const auto result = collect(connection, Clock::now() + std::chrono::milliseconds(timeout_ms));
  if (!result) {
    if (overdue == PgOverdue::cancel) cancel(connection);
    return fail("a statement took too long", state_->place,
                (overdue == PgOverdue::cancel ? "cancelled after " : "no answer within ") + std::to_string(timeout_ms) + " ms");
  }
  if (!*result) return fail("the session broke", state_->place, one_line(PQerrorMessage(connection)));
  const ExecStatusType status = PQresultStatus(result->get());
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) {
    PgRows rows = rows_of(result->get());
    rows.warning = state_->warning;
    return rows;
  }
  const char* primary = PQresultErrorField(result->get(), PG_DIAG_MESSAGE_PRIMARY);
  const char* code = PQresultErrorField(result->get(), PG_DIAG_SQLSTATE);
  std::string why = one_line(primary != nullptr ? primary : PQerrorMessage(connection));
  if (code != nullptr) why += " (SQLSTATE " + std::string(code) + ")";
  return fail("the server refused a statement", state_->place, why);
}

Result<Secret> PgConnection::scram_verifier(const std::string& user, const Secret& password) {
  const std::string plain(password.reveal());
  char* verifier = PQencryptPasswordConn(state_->connection, plain.c_str(), user.c_str(), "scram-sha-256");
  if (verifier == nullptr) return fail("cannot make a password verifier", state_->place, one_line(PQerrorMessage(state_->connection)));
  Secret out{std::string(verifier)};
  PQfreemem(verifier);
  return out;
}

std::string PgConnection::tls_version() const {
  const char* version = PQsslAttribute(state_->connection, "protocol");
  return version == nullptr ? std::string() : std::string(version);
}

std::string PgConnection::parameter(const std::string& name) const {
  const char* value = PQparameterStatus(state_->connection, name.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace keelson
