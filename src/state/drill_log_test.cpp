#include "state/drill_log.h"

#include <gtest/gtest.h>

#include "state/schema.h"
#include "system/temporary_directory.h"

namespace keelson::state {
namespace {

class ManualClock : public Clock {
 public:
  std::int64_t wall_ms() const override { return now; }
  std::int64_t monotonic_us() const override { return now * 1000; }
  std::int64_t now = 1;
};

TEST(DrillLog, RemembersTheLastDrillOfEachComponentAndFault) {
  TemporaryDirectory directory;
  ManualClock clock;
  const auto database = open_state(directory.path(), clock);
  ASSERT_TRUE(database);
  DrillLog log(**database, clock, 2);
  EXPECT_FALSE(log.last("redis", "failover")->has_value());
  for (const char* verdict : {"pass", "fail", "pass"}) {
    ++clock.now;
    ASSERT_TRUE(log.append({"redis", "failover", verdict, Json::object().set("seed", 7)}));
  }
  const auto last = log.last("redis", "failover");
  ASSERT_TRUE(last && last->has_value());
  EXPECT_EQ((*last)->verdict, "pass");
  EXPECT_EQ((*last)->at_ms, 4);
  EXPECT_EQ((*last)->card["seed"].as_int(), 7);
  EXPECT_FALSE(log.last("redis", "pause")->has_value());
  EXPECT_FALSE(log.last("postgresql", "failover")->has_value());
  const auto all = log.list();
  ASSERT_EQ(all->size(), 2U) << "the newest two";
  EXPECT_EQ(all->back().verdict, "fail");
}

}  // namespace
}  // namespace keelson::state
