#include "state/damage_journal.h"

#include <gtest/gtest.h>

#include "system/files.h"
#include "system/temporary_directory.h"

namespace keelson::state {
namespace {

TEST(DamageJournal, KeepsAnOpenDamageUntilItIsClosed) {
  TemporaryDirectory directory;
  DamageJournal journal(directory.path(), "drill");
  EXPECT_FALSE(journal.left_over()->has_value());
  ASSERT_TRUE(journal.open({"pause", "the leader stands still", Json::object().set("member", "redis-1")}));
  const auto left = DamageJournal(directory.path(), "drill").left_over();
  ASSERT_TRUE(left && left->has_value());
  EXPECT_EQ((*left)->id, "pause");
  EXPECT_EQ((*left)->repair["member"].as_string(), "redis-1");
  EXPECT_FALSE(DamageJournal(directory.path(), "sabotage").left_over()->has_value());
  EXPECT_TRUE(damage_left(directory.path()));
  ASSERT_TRUE(journal.close());
  EXPECT_FALSE(journal.left_over()->has_value());
  EXPECT_FALSE(damage_left(directory.path()));
}

TEST(DamageJournal, ADamagedRecordIsAnErrorNotASilentNothing) {
  TemporaryDirectory directory;
  RealFiles files;
  ASSERT_TRUE(files.write(directory / "drill.json", "{", 0600, {}));
  EXPECT_FALSE(DamageJournal(directory.path(), "drill").left_over());
}

}  // namespace
}  // namespace keelson::state
