#include "operate/timeline.h"

#include <algorithm>
#include <cmath>

namespace keelson::operate {
namespace {

/// Acknowledgements of one member without a refusal or a silence between them.
struct Reign {
  std::int64_t first_sent, first_done, last_sent, last_done;
};

std::vector<Reign> reigns_of(const StreamLog& log) {
  std::vector<Reign> out;
  bool reigning = false;
  for (const Op& op : log.ops) {
    if (op.outcome != Outcome::ok) {
      reigning = false;
      continue;
    }
    if (!reigning) out.push_back({op.sent_us, op.done_us, op.sent_us, op.done_us});
    out.back().last_sent = op.sent_us;
    out.back().last_done = op.done_us;
    reigning = true;
  }
  return out;
}

void keep_longer(Overlap& overlap, std::int64_t us, const StreamLog& a, const StreamLog& b) {
  us = std::max<std::int64_t>(us, 1);
  if (us > overlap.us) overlap = {us, a.stream + " and " + b.stream};
}

/// Acknowledgements of `a` that lie wholly inside a reign of `b`.
void find_inside(const StreamLog& a, const StreamLog& b, Overlap& overlap) {
  for (const Reign& reign : reigns_of(b)) {
    std::int64_t first = 0, last = 0;
    for (const Op& op : a.ops) {
      if (op.outcome != Outcome::ok || op.sent_us <= reign.first_done || op.done_us >= reign.last_sent) continue;
      if (first == 0) first = op.sent_us;
      last = op.done_us;
    }
    if (first != 0) keep_longer(overlap, last - first, a, b);
  }
}

/// Acknowledgements of `a` for an older term, sent when `b` had acknowledged for a newer one.
void find_older_terms(const StreamLog& a, const StreamLog& b, Overlap& overlap) {
  std::int64_t seen = 0;
  for (const Op& newer : b.ops) {
    if (newer.outcome != Outcome::ok || newer.term <= seen) continue;  // the first of a term is the earliest; later ones see less
    seen = newer.term;
    for (auto op = a.ops.rbegin(); op != a.ops.rend() && op->sent_us > newer.done_us; ++op) {
      if (op->outcome != Outcome::ok || op->term == 0 || op->term >= newer.term) continue;
      keep_longer(overlap, op->done_us - newer.done_us, a, b);
      break;
    }
  }
}

}  // namespace

std::optional<Gap> longest_gap(const StreamLog& log, std::int64_t from_us) {
  if (first_acknowledged(log, from_us) == nullptr) return std::nullopt;
  Gap longest;
  std::int64_t before = 0;
  for (const Op& op : log.ops) {
    if (op.outcome != Outcome::ok) continue;
    if (before != 0 && op.done_us > from_us && op.done_us - before > longest.us) longest = {op.done_us - before, op.done_us};
    before = op.done_us;
  }
  return longest;
}

std::optional<std::int64_t> usual_gap(const StreamLog& log, std::int64_t until_us) {
  std::vector<std::int64_t> gaps;
  std::int64_t before = 0;
  for (const Op& op : log.ops) {
    if (op.outcome != Outcome::ok) continue;
    if (op.done_us > until_us) break;
    if (before != 0) gaps.push_back(op.done_us - before);
    before = op.done_us;
  }
  if (gaps.empty()) return std::nullopt;
  return percentile(std::move(gaps), 99.9);
}

const Op* first_acknowledged(const StreamLog& log, std::int64_t from_us) {
  for (const Op& op : log.ops)
    if (op.outcome == Outcome::ok && op.sent_us > from_us) return &op;
  return nullptr;
}

Overlap overlap_of(std::span<const StreamLog> probes) {
  Overlap overlap;
  for (const StreamLog& a : probes)
    for (const StreamLog& b : probes) {
      if (&a == &b) continue;
      find_inside(a, b, overlap);
      find_older_terms(a, b, overlap);
    }
  return overlap;
}

std::int64_t percentile(std::vector<std::int64_t> values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(static_cast<double>(values.size()) * percent / 100));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

}  // namespace keelson::operate
