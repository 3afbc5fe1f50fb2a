#include "runtime/native/crash_loops.h"

#include <gtest/gtest.h>

#include <memory>

namespace keelson::native {
namespace {

constexpr int kMany = CrashLoops::kDeaths;

TEST(CrashLoops, AStartThatOnlyDiesFailsAfterOneMoreTryWithNothingElseGoingOn) {
  CrashLoops loops;
  CrashLoops::Step broken(loops);
  for (int deaths = 0; deaths < kMany; ++deaths) EXPECT_FALSE(broken.failed(deaths));
  EXPECT_FALSE(broken.failed(kMany));
  EXPECT_FALSE(broken.failed(kMany)) << "asked again without a new try";
  EXPECT_TRUE(broken.failed(kMany + 1));
}

TEST(CrashLoops, WaitsForWhateverElseMayStillCureIt) {
  CrashLoops loops;
  CrashLoops::Step application(loops);
  auto database = std::make_unique<CrashLoops::Step>(loops);
  for (int deaths = kMany; deaths < kMany + 20; ++deaths) EXPECT_FALSE(application.failed(deaths));
  EXPECT_FALSE(database->failed(0));
  database.reset();
  EXPECT_FALSE(application.failed(kMany + 20)) << "the database may have come up just now";
  EXPECT_TRUE(application.failed(kMany + 21));
}

TEST(CrashLoops, AStepThatEndsMeanwhileGivesEveryOtherANewTry) {
  CrashLoops loops;
  CrashLoops::Step one(loops);
  auto other = std::make_unique<CrashLoops::Step>(loops);
  EXPECT_FALSE(other->failed(kMany));
  EXPECT_FALSE(one.failed(kMany));
  other.reset();
  EXPECT_FALSE(one.failed(kMany + 1));
  EXPECT_TRUE(one.failed(kMany + 2));
}

TEST(CrashLoops, SeveralThatOnlyDieAllFail) {
  CrashLoops loops;
  CrashLoops::Step one(loops), other(loops);
  EXPECT_FALSE(one.failed(kMany));
  EXPECT_FALSE(other.failed(kMany));
  EXPECT_FALSE(one.failed(kMany + 1));
  EXPECT_TRUE(one.failed(kMany + 2));
  EXPECT_TRUE(other.failed(kMany + 1));
}

TEST(CrashLoops, OneThatWasReadyBetweenIsNoCrashLoop) {
  CrashLoops loops;
  CrashLoops::Step step(loops);
  EXPECT_FALSE(step.failed(kMany));
  EXPECT_FALSE(step.failed(0));
  EXPECT_FALSE(step.failed(kMany + 1));
  EXPECT_TRUE(step.failed(kMany + 2));
}

}  // namespace
}  // namespace keelson::native
