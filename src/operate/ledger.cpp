#include "operate/ledger.h"

#include <map>

namespace keelson::operate {
namespace {

/// The rows of one operation that were read back.
struct Rows {
  std::int64_t count = 0;
  std::size_t first = 0;  ///< place of the first among all rows
};

void count_rows(const StreamLog& log, const Op& op, const Rows* rows, const Bound& bound, Account& account) {
  const std::int64_t there = rows == nullptr ? 0 : rows->count;
  if (there > log.rows) ++account.duplicated;
  else if (there > 0 && there < log.rows) ++account.torn;
  switch (op.outcome) {
    case Outcome::ok:
      ++account.acknowledged;
      if (there > 0) break;
      ++account.lost;
      if (op.done_us >= bound.from_us && op.done_us <= bound.to_us) ++account.lost_in_bound;
      break;
    case Outcome::failed:
      ++account.failed;
      if (there > 0) ++account.resurrected;
      break;
    case Outcome::unknown:
      ++account.unknown;
      break;
  }
}

}  // namespace

Account audit(const std::vector<StreamLog>& logs, const std::vector<Found>& found, const Bound& bound) {
  std::map<std::string, std::map<std::int64_t, Rows>> there;
  for (std::size_t i = 0; i < found.size(); ++i) {
    Rows& rows = there[found[i].stream][found[i].seq];
    if (rows.count++ == 0) rows.first = i;
  }
  Account account;
  for (const StreamLog& log : logs) {
    std::map<std::int64_t, Rows>& mine = there[log.stream];
    const Rows* before = nullptr;  // of the acknowledged operation before this one
    std::size_t known = 0;
    for (const Op& op : log.ops) {
      const auto at = mine.find(op.seq);
      const Rows* rows = at == mine.end() ? nullptr : &at->second;
      if (rows != nullptr) ++known;
      count_rows(log, op, rows, bound, account);
      if (op.outcome != Outcome::ok || rows == nullptr) continue;
      if (before != nullptr && rows->first < before->first) ++account.disordered;
      before = rows;
    }
    account.resurrected += static_cast<std::int64_t>(mine.size() - known);
  }
  return account;
}

}  // namespace keelson::operate
