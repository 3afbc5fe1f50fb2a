#include "operate/timeline.h"

#include <gtest/gtest.h>

namespace keelson::operate {
namespace {

Op op(std::int64_t sent, std::int64_t done, Outcome outcome = Outcome::ok, std::int64_t term = 0) {
  return {.seq = sent, .sent_us = sent, .done_us = done, .outcome = outcome, .term = term};
}

StreamLog log_of(std::string name, std::vector<Op> ops) { return {.stream = std::move(name), .rows = 1, .ops = std::move(ops)}; }

TEST(Gap, IsTheLongestTimeBetweenTwoAcknowledgementsAroundTheFault) {
  const StreamLog log = log_of("w", {op(10, 15), op(100, 110), op(120, 125), op(130, 190, Outcome::unknown), op(200, 400), op(410, 420)});
  EXPECT_EQ(longest_gap(log, 128)->us, 275);
  EXPECT_EQ(longest_gap(log, 128)->end_us, 400);
  EXPECT_EQ(first_acknowledged(log, 128)->done_us, 400);
}

TEST(Gap, BeforeTheFaultDoesNotCount) { EXPECT_EQ(longest_gap(log_of("w", {op(0, 5), op(900, 905), op(910, 915)}), 906)->us, 10); }

TEST(Gap, AStreamThatNeverCameBackHasNone) {
  const StreamLog log = log_of("w", {op(1, 5), op(6, 9, Outcome::unknown)});
  EXPECT_FALSE(longest_gap(log, 6));
  EXPECT_EQ(first_acknowledged(log, 6), nullptr);
}

TEST(UsualGap, IsOfTheTimeBeforeTheFaultAndOfAcknowledgementsOnly) {
  const StreamLog log = log_of("w", {op(0, 5), op(6, 11), op(12, 13, Outcome::failed), op(20, 31), op(900, 905)});
  EXPECT_EQ(usual_gap(log, 100), 20);
  EXPECT_EQ(usual_gap(log, 1000), 874);
  EXPECT_FALSE(usual_gap(log, 10));
}

TEST(Overlap, OneAfterTheOtherIsNone) {
  const std::vector<StreamLog> probes = {log_of("a", {op(1, 2), op(3, 4), op(5, 6, Outcome::failed)}), log_of("b", {op(1, 2, Outcome::failed), op(7, 8), op(9, 10)})};
  EXPECT_EQ(overlap_of(probes).us, 0);
}

TEST(Overlap, AnAcknowledgementInsideTheReignOfAnotherIsSeen) {
  const std::vector<StreamLog> probes = {log_of("a", {op(1, 2), op(20, 22), op(30, 31)}), log_of("b", {op(10, 12), op(40, 42)})};
  EXPECT_EQ(overlap_of(probes).us, 11);
  EXPECT_EQ(overlap_of(probes).members, "a and b");
}

TEST(Overlap, AnAnswerThatCouldBeBeforeIsNoProof) {
  EXPECT_EQ(overlap_of(std::vector<StreamLog>{log_of("a", {op(1, 13)}), log_of("b", {op(10, 12), op(40, 42)})}).us, 0) << "sent before b's first was acknowledged";
}

TEST(Overlap, LeadershipThatComesBackIsNone) {
  const std::vector<StreamLog> probes = {log_of("a", {op(1, 2), op(5, 6, Outcome::failed), op(20, 21), op(22, 23)}), log_of("b", {op(8, 9), op(10, 11), op(12, 13, Outcome::failed)})};
  EXPECT_EQ(overlap_of(probes).us, 0);
}

TEST(Overlap, AnOlderTermAfterANewerOneIsSeenThoughTheNewerSaidItOnce) {
  const std::vector<StreamLog> probes = {log_of("a", {op(1, 2, Outcome::ok, 3), op(20, 25, Outcome::ok, 3)}), log_of("b", {op(10, 12, Outcome::ok, 4)})};
  EXPECT_EQ(overlap_of(probes).us, 13);
}

TEST(Overlap, EachTermOfAMemberThatLedTwiceIsLookedAt) {
  const std::vector<StreamLog> probes = {log_of("a", {op(1, 2, Outcome::ok, 3), op(3, 4, Outcome::failed), op(40, 45, Outcome::ok, 5)}),
                                         log_of("b", {op(10, 12, Outcome::ok, 4), op(50, 60, Outcome::ok, 4)})};
  EXPECT_EQ(overlap_of(probes).us, 15) << "b still acknowledges for term 4 when a has acknowledged for term 5";
}

TEST(Percentile, IsTheNearestRank) {
  EXPECT_EQ(percentile({5, 1, 3, 2, 4}, 50), 3);
  EXPECT_EQ(percentile({5, 1, 3, 2, 4}, 95), 5);
  EXPECT_EQ(percentile({7}, 50), 7);
  EXPECT_EQ(percentile({}, 95), 0);
}

}  // namespace
}  // namespace keelson::operate
