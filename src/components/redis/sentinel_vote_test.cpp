#include "components/redis/sentinel_vote.h"

#include <gtest/gtest.h>

namespace keelson::redis {
namespace {

const std::string kOwn = "127.77.1.1", kOther = "127.77.1.2";

StartDecision decide(const std::vector<SentinelAnswer>& answers, OwnData data = OwnData::present) { return decide_start(answers, 3, kOwn, data); }
bool waits(const StartDecision& decision) { return std::holds_alternative<NotYet>(decision); }

TEST(Start, AsMasterWhenAMajorityNamesThisMember) {
  EXPECT_EQ(decide({{kOwn}, {kOwn}}), StartDecision(StartAsMaster{}));
  EXPECT_EQ(decide({{kOther}, {kOwn}, {kOwn}}), StartDecision(StartAsMaster{}));
}

TEST(Start, AsReplicaOfWhomTheMajorityNames) { EXPECT_EQ(decide({{kOther}, {kOwn}, {kOther}}), StartDecision(StartAsReplica{kOther})); }

TEST(Start, NotWithoutAMajorityOfAllSentinelsEvenIfAllThatAnswerAgree) {
  EXPECT_TRUE(waits(decide({})));
  EXPECT_TRUE(waits(decide({{kOwn}})));
  EXPECT_TRUE(waits(decide({{kOwn}, {kOther}})));
  EXPECT_TRUE(waits(decide_start({{kOwn}, {kOwn}}, 4, kOwn, OwnData::present))) << "half is no majority";
}

TEST(Start, NotAsMasterWhileASentinelIsReplacingIt) {
  EXPECT_TRUE(waits(decide({{kOwn, true}, {kOwn}, {kOwn}})));
  EXPECT_EQ(decide({{kOther, true}, {kOther}}), StartDecision(StartAsReplica{kOther}));
}

TEST(Start, NotAsMasterWithoutDataThatAReplicaStillHolds) {
  EXPECT_TRUE(waits(decide({{kOwn, false, 0}, {kOwn, false, 4711}}, OwnData::absent)));
  EXPECT_EQ(decide({{kOwn, false, 0}, {kOwn, false, 0}}, OwnData::absent), StartDecision(StartAsMaster{})) << "the very first start";
  EXPECT_EQ(decide({{kOwn, false, 4711}, {kOwn, false, 4711}}), StartDecision(StartAsMaster{}));
}

}  // namespace
}  // namespace keelson::redis
