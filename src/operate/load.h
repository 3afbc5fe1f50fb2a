#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "operate/ledger.h"

namespace keelson::operate {

/// One session that writes. One thread at a time. Every call ends by itself, whatever the server does.
class Session {
 public:
  struct Answer {
    Outcome outcome = Outcome::unknown;
    std::string problem = {};  ///< why it is not ok
    std::int64_t term = 0;     ///< Op::term
  };
  virtual ~Session() = default;
  virtual Answer write(std::int64_t seq) = 0;
};

/// What a lane's operations are for.
enum class Purpose {
  endpoint,  ///< single writes through the endpoint: the gap is measured here
  pooler,    ///< the same through the pooler
  transfer,  ///< several rows at once
  probe,     ///< asks one member directly, all the time; not in the ledger
};

/// One client of the load: opens a session, writes, pauses; opens another one when an operation was not acknowledged.
struct Lane {
  Purpose purpose = Purpose::endpoint;
  std::string name = {};  ///< of its stream; of a probe: its member
  int rows = 1;           ///< StreamLog::rows
  int pause_ms = 5;
  std::function<Result<std::unique_ptr<Session>>()> open = {};
};

std::int64_t now_us();

/// Runs lanes, a thread each, until it is stopped.
class Load {
 public:
  explicit Load(std::vector<Lane> lanes);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load() { stop(); }

  /// True when every lane but the probes has `count` more acknowledgements than at the last `mark`.
  bool acknowledged_by_all(std::int64_t count) const;
  void mark();
  /// The lane that has none since the mark, with its last problem; "" = there is none.
  std::string silent() const;
  /// Ends all threads; at the latest after the longest time one operation may take. Idempotent.
  void stop();
  /// After `stop`: the ledger's streams, and the probes.
  const std::vector<StreamLog>& ledger() const { return ledger_; }
  const std::vector<StreamLog>& probes() const { return probes_; }
  /// Null when there is no such lane.
  const StreamLog* of(Purpose purpose) const;

 private:
  struct Worker {
    Lane lane;
    StreamLog log;
    std::atomic<std::int64_t> acknowledged = 0;
    std::int64_t marked = 0;
    std::thread thread;
  };
  void run(Worker& worker);
  bool pause(int ms);

  std::vector<std::unique_ptr<Worker>> workers_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  bool stopping_ = false;
  std::vector<StreamLog> ledger_, probes_;
  std::vector<Purpose> purposes_;
};

}  // namespace keelson::operate
