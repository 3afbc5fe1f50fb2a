#pragma once
#include <string>
#include <vector>

#include "cli/output.h"
#include "operate/scorecard.h"
#include "state/drill_log.h"

namespace keelson::cli {

/// A scorecard as people read it: a line a run, what speaks against it, the spreads. `-o wide` adds what each gap is made of. Pure.
std::string scorecard_text(const operate::Scorecard& card, const Output& output);

/// "3 h", "12 d": how long ago, in one unit.
std::string age_text(std::int64_t age_ms);

/// Past drills, newest first, as a table. Pure.
std::string drill_list_text(const std::vector<state::DrillRecord>& drills, std::int64_t now_ms, const Output& output);

}  // namespace keelson::cli
