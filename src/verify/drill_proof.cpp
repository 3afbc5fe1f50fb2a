#include "verify/drill_proof.h"

#include <algorithm>

#include "state/schema.h"

namespace keelson::checks {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kFreshMs = 7 * kDayMs;

/// "2 days", "3 hours", "40 minutes".
std::string age_of(std::int64_t ms) {
  const auto told = [](std::int64_t count, const char* unit) { return std::to_string(count) + " " + unit + (count == 1 ? "" : "s"); };
  if (ms >= kDayMs) return told(ms / kDayMs, "day");
  if (ms >= 3'600'000) return told(ms / 3'600'000, "hour");
  return told(std::max<std::int64_t>(ms, 0) / 60'000, "minute");
}

std::int64_t lost_in(const Json& card) {
  std::int64_t lost = 0;
  for (const Json& run : card["runs"].items()) lost += run["lost"].as_int();
  return lost;
}

/// The first thing that spoke against it.
std::string broken_in(const Json& card) {
  for (const Json& run : card["runs"].items())
    if (!run["broken"].items().empty()) return run["broken"].items().front().as_string();
  return "no run ended";
}

}  // namespace

Finding proof_by(const std::optional<state::DrillRecord>& drill, const std::string& component, std::string_view fault, std::int64_t now_ms) {
  const std::string again = "keelson drill " + std::string(fault) + " " + component;
  if (!drill) return unproven("no " + std::string(fault) + " drill has run", again);
  const std::int64_t age = now_ms - drill->at_ms;
  const std::string when = "the last " + std::string(fault) + " drill, " + age_of(age) + " ago,";
  if (age > kFreshMs) return unproven(when + " is too old to prove anything (7 days)", again);
  const std::int64_t lost = lost_in(drill->card);
  if (drill->verdict != "pass" || lost > 0) return failed(when + " failed: " + broken_in(drill->card), again);
  const std::size_t runs = drill->card["runs"].items().size();
  std::string found = when + " lost 0 writes in " + std::to_string(runs) + " " + (runs == 1 ? "run" : "runs");
  if (const Json& gap = drill->card["gap_ms"]; !gap.is_null()) found += ", gap at most " + std::to_string(static_cast<std::int64_t>(gap["max"].as_double())) + " ms";
  return passed(found);
}

Result<Finding> proved_by_failovers(CheckContext& context, std::string_view kind) {
  RealClock clock;
  KEELSON_TRY(const auto database, state::open_state(context.state_dir, clock));
  std::optional<Finding> all;
  for (const Component& component : context.foundation.components) {
    if (component.kind->name != kind || component.members.size() < 2) continue;
    KEELSON_TRY(const auto drill, state::DrillLog(*database, clock).last(component.name, "failover"));
    Finding one = proof_by(drill, component.name, "failover", clock.wall_ms());
    one.evidence = component.name + ": " + one.evidence;
    all = all ? worse(std::move(*all), std::move(one)) : std::move(one);
  }
  return all ? std::move(*all) : skipped("there is no member to fail over to");
}

}  // namespace keelson::checks
