#include "operate/scorecard.h"

#include <gtest/gtest.h>

namespace keelson::operate {
namespace {

Run good_run(double gap) {
  Run run;
  run.leader = "postgresql-1";
  run.successor = "postgresql-2";
  run.gap_ms = gap;
  run.redundancy_ms = 7000;
  run.account.acknowledged = 500;
  run.account.unknown = 1;
  run.decision = "released to postgresql-2";
  run.timeline = {{"dead", 12.34}};
  return run;
}

TEST(Scorecard, AnUnknownOutcomeIsNoLoss) {
  operate::Run run = good_run(230);
  judge(run, Leaders::exclusive);
  EXPECT_TRUE(run.broken.empty());
}

TEST(Scorecard, EachBreachIsSaid) {
  for (std::int64_t Account::*count : {&Account::lost, &Account::duplicated, &Account::resurrected, &Account::torn, &Account::disordered}) {
    operate::Run run = good_run(230);
    run.account.*count = 1;
    judge(run, Leaders::reported);
    EXPECT_EQ(run.broken.size(), 1U);
  }
  operate::Run idle = good_run(1);
  idle.account.acknowledged = 0;
  operate::Run away = good_run(1);
  away.gap_ms.reset();
  operate::Run single = good_run(1);
  single.redundancy_ms.reset();
  for (operate::Run* run : {&idle, &away, &single}) {
    judge(*run, Leaders::reported);
    EXPECT_EQ(run->broken.size(), 1U);
  }
}

TEST(Scorecard, TwoLeadersAreABreachOnlyWhereTheEngineExcludesThem) {
  operate::Run run = good_run(230);
  run.overlap = {2500, "a and b"};
  judge(run, Leaders::reported);
  EXPECT_TRUE(run.broken.empty());
  judge(run, Leaders::exclusive);
  ASSERT_EQ(run.broken.size(), 1U);
  EXPECT_EQ(run.broken.front(), "a and b acknowledged writes at the same time, for 2.5 ms");
}

TEST(Scorecard, IsReadBackAsItWasWritten) {
  Scorecard card{.foundation = "shop", .component = "redis", .fault = "failover", .seed = 7, .runs = {good_run(200), good_run(300)}};
  card.runs.back().gap_ms.reset();
  card.runs.back().broken = {"writes through the endpoint did not come back"};
  const Json written = drill_json(card, "2026-01-02T03:04:05Z");
  EXPECT_EQ(drill_json(scorecard_from(written), "2026-01-02T03:04:05Z").dump(), written.dump());
}

TEST(Scorecard, OneBrokenRunFailsTheDrillAndSoDoesNone) {
  Scorecard card;
  EXPECT_FALSE(card.passed());
  card.runs = {good_run(200), good_run(300)};
  EXPECT_TRUE(card.passed());
  card.runs.back().broken.emplace_back("the fault did not happen");
  EXPECT_FALSE(card.passed());
}

TEST(Scorecard, JsonHasTheShapeToolsRelyOn) {
  Scorecard card{.foundation = "shop", .component = "postgresql", .fault = "failover", .seed = 7, .runs = {good_run(200), good_run(340)}};
  card.runs.front().gap_ms.reset();
  const Json json = drill_json(card, "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(json["schema"].as_string(), "keelson.drill/v1");
  EXPECT_EQ(json["verdict"].as_string(), "pass");
  EXPECT_EQ(json["gap_ms"]["p95"].as_double(), 340);
  EXPECT_TRUE(json["pooled_gap_ms"].is_null());
  const Json& run = json["runs"].items()[1];
  EXPECT_TRUE(json["runs"].items()[0]["gap_ms"].is_null());
  EXPECT_EQ(run["gap_ms"].as_double(), 340);
  EXPECT_EQ(run["lost"].as_int(), 0);
  EXPECT_EQ(run["unknown"].as_int(), 1);
  EXPECT_EQ(run["timeline"]["dead_ms"].as_double(), 12.3);
}

}  // namespace
}  // namespace keelson::operate
