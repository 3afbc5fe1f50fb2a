#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "operate/ledger.h"
#include "operate/timeline.h"

namespace keelson::operate {

/// How one run of a drill went. Milliseconds after the fault; nothing = it never came.
struct Run {
  std::string leader = {};     ///< the member that led before
  std::string successor = {};  ///< the one that leads after
  std::optional<double> gap_ms = {};         ///< longest time without an acknowledged write through the endpoint
  std::optional<double> pooled_gap_ms = {};  ///< the same through the pooler, where there is one
  std::optional<double> usual_gap_ms = {};   ///< 99.9th percentile of the times between two acknowledgements there before the fault
  Account account = {};
  Overlap overlap = {};
  std::optional<double> redundancy_ms = {};  ///< every member linked and caught up again
  std::string decision = {};  ///< what the agent did about the leader, in its own words; "" = nothing
  std::string reason = {};
  std::string failed_condition = {};
  /// What the gap is made of, in order of time: "proved" (the fault), "promoted" (another member's first acknowledgement),
  /// "endpoint", "pooler" (the first one there), "decided" (the agent wrote its event down).
  std::vector<std::pair<std::string, double>> timeline = {};
  std::vector<std::string> broken = {};  ///< what speaks against this run; empty = it passed
};

/// A whole drill: the same fault some times over.
struct Scorecard {
  std::string foundation = {};
  std::string component = {};
  std::string fault = {};
  std::uint64_t seed = 0;
  std::vector<Run> runs = {};

  bool passed() const;
};

/// What the drill demands of a run, as sentences about what is broken. `exclusive`: two members never acknowledge at the same
/// time (an engine with asynchronous replication only reports that). Fills `run.broken` together with what is there already.
enum class Leaders { exclusive, reported };
void judge(Run& run, Leaders leaders);

/// Median, 95th percentile and largest of what there is; nothing when no run has it.
struct Spread {
  double p50 = 0, p95 = 0, max = 0;
};
std::optional<Spread> spread_of(const Scorecard& card, std::optional<double> Run::*value);

/// keelson.drill/v1 (docs/reference/json.md).
Json drill_json(const Scorecard& card, const std::string& observed_at);
/// Reads it back; what the JSON does not tell is empty.
Scorecard scorecard_from(const Json& json);

}  // namespace keelson::operate
