#include "operate/scorecard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace keelson::operate {
namespace {

/// A tenth of a millisecond is more than the clocks of two threads agree on.
double rounded(double ms) { return std::round(ms * 10) / 10; }

Json optional_ms(const std::optional<double>& ms) { return ms ? Json(rounded(*ms)) : Json(); }

Json run_json(const Run& run) {
  Json timeline = Json::object(), broken = Json::array();
  for (const auto& [what, at] : run.timeline) timeline.set(what + "_ms", rounded(at));
  for (const std::string& sentence : run.broken) broken.push(sentence);
  return Json::object()
      .set("gap_ms", optional_ms(run.gap_ms))
      .set("pooled_gap_ms", optional_ms(run.pooled_gap_ms))
      .set("usual_gap_ms", optional_ms(run.usual_gap_ms))
      .set("acknowledged", run.account.acknowledged)
      .set("lost", run.account.lost)
      .set("lost_in_bound", run.account.lost_in_bound)
      .set("duplicated", run.account.duplicated)
      .set("unknown", run.account.unknown)
      .set("failed", run.account.failed)
      .set("overlap_ms", rounded(static_cast<double>(run.overlap.us) / 1000))
      .set("redundancy_ms", optional_ms(run.redundancy_ms))
      .set("leader", run.leader)
      .set("successor", run.successor)
      .set("decision", run.decision)
      .set("reason", run.reason)
      .set("failed_condition", run.failed_condition)
      .set("timeline", std::move(timeline))
      .set("broken", std::move(broken));
}

std::optional<double> ms_from(const Json& json) { return json.is_number() ? std::optional(json.as_double()) : std::nullopt; }

Run run_from(const Json& json) {
  Run out;
  out.gap_ms = ms_from(json["gap_ms"]);
  out.pooled_gap_ms = ms_from(json["pooled_gap_ms"]);
  out.usual_gap_ms = ms_from(json["usual_gap_ms"]);
  out.account = {.acknowledged = json["acknowledged"].as_int(), .failed = json["failed"].as_int(), .unknown = json["unknown"].as_int(), .lost = json["lost"].as_int(), .lost_in_bound = json["lost_in_bound"].as_int(), .duplicated = json["duplicated"].as_int()};
  out.overlap.us = static_cast<std::int64_t>(json["overlap_ms"].as_double() * 1000);
  out.redundancy_ms = ms_from(json["redundancy_ms"]);
  out.leader = json["leader"].as_string();
  out.successor = json["successor"].as_string();
  out.decision = json["decision"].as_string();
  out.reason = json["reason"].as_string();
  out.failed_condition = json["failed_condition"].as_string();
  for (const auto& [what, at] : json["timeline"].members()) out.timeline.emplace_back(what.substr(0, what.rfind("_ms")), at.as_double());
  for (const Json& sentence : json["broken"].items()) out.broken.push_back(sentence.as_string());
  return out;
}

Json spread_json(const std::optional<Spread>& spread) {
  if (!spread) return {};
  return Json::object().set("p50", rounded(spread->p50)).set("p95", rounded(spread->p95)).set("max", rounded(spread->max));
}

}  // namespace

bool Scorecard::passed() const {
  return !runs.empty() && std::all_of(runs.begin(), runs.end(), [](const Run& run) { return run.broken.empty(); });
}

void judge(Run& run, Leaders leaders) {
  const auto say = [&run](std::int64_t count, std::string_view what) {
    if (count > 0) run.broken.push_back(fmt::format("{} {}", count, what));
  };
  say(run.account.lost - run.account.lost_in_bound, "acknowledged writes are lost");
  say(run.account.duplicated, "writes are there twice");
  say(run.account.resurrected, "writes that failed are there");
  say(run.account.torn, "transfers are there in part");
  say(run.account.disordered, "writes are out of their client's order");
  if (run.account.acknowledged == 0) run.broken.emplace_back("no write was acknowledged");
  if (leaders == Leaders::exclusive && run.overlap.us > 0)
    run.broken.push_back(fmt::format("{} acknowledged writes at the same time, for {:.1f} ms", run.overlap.members, static_cast<double>(run.overlap.us) / 1000));
  if (!run.gap_ms) run.broken.emplace_back("writes through the endpoint did not come back");
  if (!run.redundancy_ms) run.broken.emplace_back("it did not become redundant again in time");
}

std::optional<Spread> spread_of(const Scorecard& card, std::optional<double> Run::*value) {
  std::vector<std::int64_t> us;
  for (const Run& run : card.runs)
    if (run.*value) us.push_back(static_cast<std::int64_t>(*(run.*value) * 1000));
  if (us.empty()) return std::nullopt;
  const auto at = [&us](int percent) { return static_cast<double>(percentile(us, percent)) / 1000; };
  return Spread{at(50), at(95), at(100)};
}

Json drill_json(const Scorecard& card, const std::string& observed_at) {
  Json runs = Json::array();
  for (const Run& run : card.runs) runs.push(run_json(run));
  return Json::object()
      .set("schema", "keelson.drill/v1")
      .set("observed_at", observed_at)
      .set("foundation", card.foundation)
      .set("component", card.component)
      .set("fault", card.fault)
      .set("seed", card.seed)
      .set("gap_ms", spread_json(spread_of(card, &Run::gap_ms)))
      .set("pooled_gap_ms", spread_json(spread_of(card, &Run::pooled_gap_ms)))
      .set("redundancy_ms", spread_json(spread_of(card, &Run::redundancy_ms)))
      .set("runs", std::move(runs))
      .set("verdict", card.passed() ? "pass" : "fail");
}

Scorecard scorecard_from(const Json& json) {
  Scorecard out{.foundation = json["foundation"].as_string(), .component = json["component"].as_string(), .fault = json["fault"].as_string(), .seed = static_cast<std::uint64_t>(json["seed"].as_int())};
  for (const Json& run : json["runs"].items()) out.runs.push_back(run_from(run));
  return out;
}

}  // namespace keelson::operate
