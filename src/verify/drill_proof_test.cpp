#include "verify/drill_proof.h"

#include <gtest/gtest.h>

namespace keelson::checks {
namespace {

constexpr std::int64_t kHour = 3'600'000, kNow = 1000 * kHour;

state::DrillRecord drill(std::int64_t hours_ago, const char* verdict, int lost) {
  Json runs = Json::array(), broken = Json::array();
  if (lost > 0) broken.push("1 acknowledged writes are lost");
  runs.push(Json::object().set("lost", lost).set("broken", broken));
  return {"redis", "failover", verdict, Json::object().set("runs", runs).set("gap_ms", Json::object().set("max", 231.7)), kNow - hours_ago * kHour};
}

Finding found(const std::optional<state::DrillRecord>& record) { return proof_by(record, "redis", "failover", kNow); }

TEST(DrillProof, WithoutADrillAPromiseIsUnprovenAndSaysWhichToRun) {
  const Finding none = found(std::nullopt);
  EXPECT_EQ(none.state, CheckState::unproven);
  EXPECT_EQ(none.next, "keelson drill failover redis");
}

TEST(DrillProof, AFreshOnePassesAndIsCitedWithItsAge) {
  const Finding fresh = found(drill(3, "pass", 0));
  EXPECT_EQ(fresh.state, CheckState::pass);
  EXPECT_EQ(fresh.evidence, "the last failover drill, 3 hours ago, lost 0 writes in 1 run, gap at most 231 ms");
}

TEST(DrillProof, AnOldOneProvesNothingWhateverItSays) {
  EXPECT_EQ(found(drill(167, "pass", 0)).state, CheckState::pass);
  EXPECT_EQ(found(drill(169, "pass", 0)).state, CheckState::unproven);
  EXPECT_EQ(found(drill(169, "fail", 1)).state, CheckState::unproven);
}

TEST(DrillProof, AFailedOneIsAFail) {
  const Finding bad = found(drill(1, "fail", 1));
  EXPECT_EQ(bad.state, CheckState::fail);
  EXPECT_EQ(bad.evidence, "the last failover drill, 1 hour ago, failed: 1 acknowledged writes are lost");
  EXPECT_EQ(found(drill(1, "pass", 1)).state, CheckState::fail) << "a verdict that overlooks a loss";
}

}  // namespace
}  // namespace keelson::checks
