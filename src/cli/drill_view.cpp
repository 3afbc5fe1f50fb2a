#include "cli/drill_view.h"

#include <fmt/format.h>

#include "cli/table.h"

namespace keelson::cli {
namespace {

using operate::Run;
using operate::Scorecard;

std::string ms_text(const std::optional<double>& ms) { return ms ? fmt::format("{:.0f} ms", *ms) : std::string(); }

std::string timeline_text(const Run& run) {
  std::string out;
  for (const auto& [what, at] : run.timeline) out += fmt::format("{}{} {:.0f}", out.empty() ? "" : ", ", what, at);
  return out.empty() ? out : out + " ms";
}

std::string spread_line(const Scorecard& card, std::string_view what, std::optional<double> Run::*value) {
  const auto spread = operate::spread_of(card, value);
  return spread ? fmt::format("{:<22} p50 {:.0f} ms, p95 {:.0f} ms, max {:.0f} ms\n", what, spread->p50, spread->p95, spread->max) : std::string();
}

void add_run(const Run& run, std::size_t number, const Output& output, Table& table, std::string& remarks) {
  table.row({std::to_string(number), run.leader, run.successor, ms_text(run.gap_ms), ms_text(run.pooled_gap_ms), std::to_string(run.account.lost),
             std::to_string(run.account.duplicated), std::to_string(run.account.unknown), ms_text(run.redundancy_ms),
             run.failed_condition.empty() ? run.decision : run.decision + " (" + run.failed_condition + ")"});
  const auto remark = [&](const std::string& text) { remarks += fmt::format("run {}: {}\n", number, printable(text)); };
  for (const std::string& sentence : run.broken) remark(sentence);
  if (run.account.lost_in_bound > 0) remark(fmt::format("{} lost writes were acknowledged within the bound that the engine states", run.account.lost_in_bound));
  if (run.overlap.us > 0) remark(fmt::format("{} acknowledged writes at the same time for {:.1f} ms", run.overlap.members, static_cast<double>(run.overlap.us) / 1000));
  if (output.format() != Format::wide) return;
  if (!run.timeline.empty()) remark("after the fault: " + timeline_text(run));
  if (!run.reason.empty()) remark(run.reason);
}

}  // namespace

std::string scorecard_text(const Scorecard& card, const Output& output) {
  Table table({"RUN", "LEADER", "SUCCESSOR", "GAP", "POOLED", "LOST", "TWICE", "UNKNOWN", "REDUNDANT", "DECISION"});
  std::string remarks;
  operate::Account sum;
  for (std::size_t i = 0; i < card.runs.size(); ++i) {
    add_run(card.runs[i], i + 1, output, table, remarks);
    sum.acknowledged += card.runs[i].account.acknowledged;
    sum.lost += card.runs[i].account.lost;
  }
  const std::string verdict = card.passed() ? "pass" : "fail";
  return table.text(output) + remarks + "\n" + spread_line(card, "write gap", &Run::gap_ms) + spread_line(card, "through the pooler", &Run::pooled_gap_ms) +
         spread_line(card, "redundant again after", &Run::redundancy_ms) + fmt::format("{:<22} {} acknowledged, {} lost\n", "writes", sum.acknowledged, sum.lost) +
         fmt::format("{:<22} ", "verdict") + output.coloured(verdict, colour_of(verdict)) + fmt::format(" (seed {})\n", card.seed);
}

std::string age_text(std::int64_t age_ms) {
  const std::int64_t seconds = age_ms < 0 ? 0 : age_ms / 1000;
  if (seconds < 120) return fmt::format("{} s", seconds);
  if (seconds < 2 * 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 2 * 86'400) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86'400);
}

std::string drill_list_text(const std::vector<state::DrillRecord>& drills, std::int64_t now_ms, const Output& output) {
  Table table({"AGE", "DRILL", "COMPONENT", "RUNS", "GAP P50", "GAP P95", "LOST", "VERDICT"});
  for (const state::DrillRecord& drill : drills) {
    std::int64_t lost = 0;
    for (const Json& run : drill.card["runs"].items()) lost += run["lost"].as_int();
    const auto gap = [&](const char* percentile) { return drill.card["gap_ms"].is_null() ? std::string() : fmt::format("{:.0f} ms", drill.card["gap_ms"][percentile].as_double()); };
    table.row({age_text(now_ms - drill.at_ms), drill.fault, drill.component, std::to_string(drill.card["runs"].items().size()), gap("p50"), gap("p95"), std::to_string(lost),
               Cell(drill.verdict, colour_of(drill.verdict))});
  }
  return table.text(output);
}

}  // namespace keelson::cli
