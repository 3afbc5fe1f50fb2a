#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "client/client.h"
#include "verify/checks.h"

namespace keelson::checks {
namespace {

constexpr int kPromised = 1000;
constexpr int kThreads = 16;
constexpr int kConnectMs = 20'000;  ///< a thousand handshakes at once take a small machine some seconds
constexpr int kStatementMs = 20'000;

/// Each session is a descriptor here and in the pooler.
bool raise_descriptors(rlim_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= wanted) return true;
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted;
}

/// Sessions of all threads, open at once.
class Crowd {
 public:
  Crowd(const PgAddress& address, int size) : address_(address) { sessions_.resize(static_cast<std::size_t>(size)); }

  void open() {
    each([this](std::optional<PgConnection>& slot) {
      auto session = PgConnection::open(address_);
      if (session) slot.emplace(std::move(*session));
      else note(session.error());
    });
  }
  /// Sessions that answered while all were open.
  int answered() {
    std::atomic<int> count = 0;
    each([&](std::optional<PgConnection>& slot) {
      if (!slot) return;
      const auto row = slot->query("select 1", {}, kStatementMs);
      if (row && row->text(0, 0) == "1") ++count;
      else if (!row) note(row.error());
    });
    return count;
  }
  int size() const { return static_cast<int>(sessions_.size()); }
  const std::string& first_error() const { return error_; }

 private:
  void each(const std::function<void(std::optional<PgConnection>&)>& work) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        for (std::size_t at; (at = next++) < sessions_.size();) work(sessions_[at]);
      });
    for (std::thread& thread : threads) thread.join();
  }
  void note(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (error_.empty()) error_ = error.why;
  }

  PgAddress address_;
  std::vector<std::optional<PgConnection>> sessions_;
  std::mutex mutex_;
  std::string error_;
};

Result<Finding> tried_pooler(ClientContext& context, const PostgresqlView& view) {
  if (view.pooler == nullptr) return skipped(view.component->name + " has no pooler");
  if (view.databases.empty()) return skipped(view.component->name + " has no database");
  const Component* pooler = find_component(context.foundation, view.pooler->component);
  const int limit = static_cast<int>(number(pooler->settings, "max-clients"));
  const int wanted = std::min(kPromised, limit);
  if (!raise_descriptors(static_cast<rlim_t>(wanted) + 256))
    return skipped("this user may not open " + std::to_string(wanted) + " sockets (ulimit -n)");

  const Database& database = view.databases.front();
  PgAddress address = pg_address(context.world, target_of(context.foundation, *view.pooler), database.name, database.owner);
  KEELSON_TRY(address.password, context.world.secret(database.secret));
  address.connect_timeout_ms = kConnectMs;
  Crowd crowd(address, wanted);
  crowd.open();
  const int answered = crowd.answered();
  const std::string seen = std::to_string(answered) + " of " + std::to_string(wanted) + " concurrent sessions through " + view.pooler->name + " ran a statement";
  if (answered != wanted) return failed(seen + ": " + crowd.first_error(), "keelson logs " + pooler->members.front().name);
  return passed(seen + ", over TLS with SCRAM; each of " + std::to_string(pooler->members.size()) + " poolers takes " + std::to_string(limit) +
                (limit < kPromised ? " as the blueprint says" : ""));
}

}  // namespace

Result<Finding> thousand_clients(ClientContext& context) {
  std::vector<std::string> evidence;
  for (const PostgresqlView& view : postgresql_of(context.foundation)) {
    KEELSON_TRY(Finding found, tried_pooler(context, view));
    if (found.state != CheckState::pass) return found;
    evidence.push_back(std::move(found.evidence));
  }
  if (evidence.empty()) return skipped("the foundation has no PostgreSQL");
  return passed(joined(evidence, "; "));
}

}  // namespace keelson::checks
