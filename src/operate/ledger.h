#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace keelson::operate {

/// What a client knows of an operation it sent.
enum class Outcome {
  ok,       ///< acknowledged: it must be there, once, whatever happens afterwards
  failed,   ///< refused, or never sent: it must not be there
  unknown,  ///< sent, and no answer, or one that leaves it open: it may be there
};

/// One operation of one stream, as its client saw it. Times are microseconds of the monotonic clock.
struct Op {
  std::int64_t seq = 0;      ///< counts from 1 in its stream
  std::int64_t sent_us = 0;  ///< before anything of it was sent
  std::int64_t done_us = 0;  ///< when the answer was there, or was given up
  Outcome outcome = Outcome::unknown;
  std::int64_t term = 0;     ///< which reign acknowledged it, where the engine counts them (PostgreSQL: the timeline); else 0
};

/// What one client did, in order: it sends its next operation only when it knows, or has given up, the one before.
struct StreamLog {
  std::string stream;
  int rows = 1;  ///< rows that one operation leaves: 2 for a transfer, and never 1 of them
  std::vector<Op> ops;
  std::string last_problem = {};  ///< of the last operation that was not acknowledged, for people
};

/// A row read back after the drill. Rows come in the order in which the engine keeps them.
struct Found {
  std::string stream;
  std::int64_t seq = 0;
  bool operator==(const Found&) const = default;
};

/// The ledger's account of one run.
struct Account {
  std::int64_t acknowledged = 0;
  std::int64_t failed = 0;
  std::int64_t unknown = 0;
  std::int64_t lost = 0;         ///< acknowledged, and not there
  std::int64_t lost_in_bound = 0;  ///< of the lost: those acknowledged while the engine's stated bound allows it
  std::int64_t duplicated = 0;   ///< there more than once
  std::int64_t resurrected = 0;  ///< failed for certain, and there all the same; or never sent
  std::int64_t torn = 0;         ///< some of its rows are there, others not
  std::int64_t disordered = 0;   ///< acknowledged after an operation of the same client, and kept before it

  bool clean() const { return lost - lost_in_bound + duplicated + resurrected + torn + disordered == 0; }
  bool operator==(const Account&) const = default;
};

/// When an engine may lose what it acknowledged, by its own statement. Both ends included.
struct Bound {
  std::int64_t from_us = 0;
  std::int64_t to_us = -1;  ///< the default holds nothing
};

/// Compares what clients were told with what is there. Pure.
Account audit(const std::vector<StreamLog>& logs, const std::vector<Found>& found, const Bound& bound = {});

}  // namespace keelson::operate
