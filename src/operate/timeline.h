#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operate/ledger.h"

/// What the ledger says about time. All pure; microseconds of the monotonic clock.
namespace keelson::operate {

/// A time without an acknowledgement, between two of them.
struct Gap {
  std::int64_t us = 0;
  std::int64_t end_us = 0;
};
/// The longest one that ends after `from_us`. Nothing when no operation sent after `from_us` was acknowledged: the stream did not
/// recover.
std::optional<Gap> longest_gap(const StreamLog& log, std::int64_t from_us);

/// The 99.9th percentile of the times between two acknowledgements, both before `until_us`: what is usual on this machine under this
/// load. Nothing before the second acknowledgement.
std::optional<std::int64_t> usual_gap(const StreamLog& log, std::int64_t until_us);

/// The first operation sent after `from_us` that was acknowledged; null when none was.
const Op* first_acknowledged(const StreamLog& log, std::int64_t from_us);

/// Two members that acknowledged writes at the same time.
struct Overlap {
  std::int64_t us = 0;       ///< the longest time during which both did
  std::string members = {};  ///< "redis-1 and redis-2"; "" = there was none
};

/// `probes`: what each member was asked directly, all the time. A member reigns from its first acknowledgement until it is
/// silent or refuses. Two members overlap when one acknowledges an operation inside the reign of the other, or acknowledges for
/// an older term what was sent after a newer term's acknowledgement had come.
Overlap overlap_of(std::span<const StreamLog> probes);

/// Of sorted or unsorted values; nearest rank, `percent` above 0 to 100. 0 when there are none.
std::int64_t percentile(std::vector<std::int64_t> values, double percent);

}  // namespace keelson::operate
