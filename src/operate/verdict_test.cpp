#include "operate/verdict.h"

#include <gtest/gtest.h>

namespace keelson::operate {
namespace {

StreamLog lane(const char* name, std::vector<Outcome> outcomes) {
  StreamLog log{.stream = name, .rows = 1, .ops = {}, .last_problem = "connection refused"};
  for (const Outcome outcome : outcomes) log.ops.push_back({.seq = 1, .sent_us = 1, .done_us = 2, .outcome = outcome});
  return log;
}

std::vector<std::string> told(ClientsMay may, const std::vector<StreamLog>& ledger, const StreamLog* pooled) {
  Run run;
  judge_clients(may, ledger, pooled, run);
  return run.broken;
}

TEST(Verdict, OneOperationThatWasNotAcknowledgedBreaksAFaultThatNobodyMayNotice) {
  for (const Outcome outcome : {Outcome::failed, Outcome::unknown}) {
    const std::vector<StreamLog> ledger = {lane("endpoint", {Outcome::ok, outcome, Outcome::ok}), lane("pooler", {Outcome::ok})};
    EXPECT_EQ(told(ClientsMay::notice_nothing, ledger, &ledger[1]), std::vector<std::string>{"1 operations of lane endpoint were not acknowledged: connection refused"});
    EXPECT_TRUE(told(ClientsMay::notice, ledger, &ledger[1]).empty());
    EXPECT_TRUE(told(ClientsMay::notice_nothing_pooled, ledger, &ledger[1]).empty()) << "its pooled lane is whole";
  }
}

TEST(Verdict, OnlyThePooledLaneCountsWhereOthersMayNotice) {
  const std::vector<StreamLog> ledger = {lane("endpoint", {Outcome::failed}), lane("pooler", {Outcome::ok, Outcome::failed, Outcome::unknown})};
  EXPECT_EQ(told(ClientsMay::notice_nothing_pooled, ledger, &ledger[1]).size(), 1U);
  EXPECT_TRUE(told(ClientsMay::notice_nothing_pooled, ledger, nullptr).empty()) << "there is no pooler";
}

TEST(Verdict, TheLeadershipGoesWhereTheFaultSays) {
  for (const auto& [may, successor, breaches] : {std::tuple(LeaderMay::move, "b", 0U), std::tuple(LeaderMay::move, "a", 0U), std::tuple(LeaderMay::only_move, "a", 1U),
                                                 std::tuple(LeaderMay::only_move, "b", 0U), std::tuple(LeaderMay::only_stay, "b", 1U), std::tuple(LeaderMay::only_stay, "a", 0U)}) {
    operate::Run run;
    run.leader = "a";
    run.successor = successor;
    judge_leader(may, run);
    EXPECT_EQ(run.broken.size(), breaches) << successor;
  }
}

}  // namespace
}  // namespace keelson::operate
