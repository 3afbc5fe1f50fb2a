#pragma once
#include <span>

#include "operate/fault.h"
#include "operate/ledger.h"
#include "operate/scorecard.h"

/// What a fault must not do beyond what every run is judged by (scorecard.h, judge). Pure; breaches become sentences in `run.broken`.
namespace keelson::operate {

/// Who leads afterwards.
void judge_leader(LeaderMay may, Run& run);

/// What clients saw. `pooled`: of `ledger`, the lane that goes through the pooler; null without one.
void judge_clients(ClientsMay may, std::span<const StreamLog> ledger, const StreamLog* pooled, Run& run);

}  // namespace keelson::operate
