#include "state/audit_chain.h"

#include <gtest/gtest.h>

#include "state/schema.h"
#include "system/temporary_directory.h"

namespace keelson::state {
namespace {

struct FixedClock : Clock {
  std::int64_t wall_ms() const override { return 1'795'000'000'000; }
  std::int64_t monotonic_us() const override { return 0; }
};

class AuditChainTest : public ::testing::Test {
 protected:
  void SetUp() override {
    db_ = open_state(dir_.path(), clock_, Durability::normal).value();
    AuditChain chain(*db_, clock_);
    for (const char* command : {"up", "plan", "verify", "down"}) ASSERT_TRUE(chain.append("root", command, "done"));
    ASSERT_FALSE(chain.verify().value()) << "whole before it is damaged";
  }
  std::int64_t first_break() {
    const auto broken = AuditChain(*db_, clock_).verify().value();
    return broken ? broken->seq : 0;
  }
  TemporaryDirectory dir_;
  FixedClock clock_;
  std::unique_ptr<Database> db_;
};

TEST_F(AuditChainTest, an_edited_record_is_named_whichever_field_it_was) {
  for (const std::string column : {"at_ms", "who", "command", "outcome"}) {
    std::string before;
    ASSERT_TRUE(db_->each("SELECT " + column + " FROM audit WHERE seq = 3", {}, [&](const Row& row) { before = row.text(0); }));
    ASSERT_TRUE(db_->run("UPDATE audit SET " + column + " = 12345 WHERE seq = 3"));
    EXPECT_EQ(first_break(), 3) << column;
    ASSERT_TRUE(db_->run("UPDATE audit SET " + column + " = ? WHERE seq = 3", {std::string_view(before)}));
    EXPECT_EQ(first_break(), 0) << column;
  }
}

TEST_F(AuditChainTest, a_record_moved_between_fields_is_noticed) {
  // "root" + "verify" and "rootv" + "erify" must not hash the same.
  ASSERT_TRUE(db_->run("UPDATE audit SET who = 'rootv', command = 'erify' WHERE seq = 3"));
  EXPECT_EQ(first_break(), 3);
}

TEST_F(AuditChainTest, a_missing_record_is_named_wherever_it_was) {
  for (const std::int64_t gone : {1, 2, 4}) {
    TemporaryDirectory other;
    auto db = open_state(other.path(), clock_, Durability::normal).value();
    AuditChain chain(*db, clock_);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(chain.append("root", "up", "done"));
    ASSERT_TRUE(db->run("DELETE FROM audit WHERE seq = ?", {gone}));
    const auto broken = chain.verify().value();
    ASSERT_TRUE(broken) << gone;
    EXPECT_EQ(broken->seq, gone);
  }
}

TEST_F(AuditChainTest, a_record_hashed_anew_breaks_the_one_after_it) {
  ASSERT_TRUE(db_->run("UPDATE audit SET hash = '" + std::string(64, 'a') + "' WHERE seq = 2"));
  EXPECT_EQ(first_break(), 2);
  ASSERT_TRUE(db_->run("UPDATE audit SET previous = '" + std::string(64, 'b') + "' WHERE seq = 3"));
  ASSERT_TRUE(db_->run("DELETE FROM audit WHERE seq <= 2"));
  EXPECT_EQ(first_break(), 1);
}

TEST_F(AuditChainTest, a_forged_record_with_a_good_hash_is_betrayed_by_the_one_after_it) {
  TemporaryDirectory other;
  auto db = open_state(other.path(), clock_, Durability::normal).value();
  AuditChain forger(*db, clock_);
  ASSERT_TRUE(forger.append("root", "up", "done"));  // the same first record
  const auto forged = forger.append("root", "nothing", "done").value();
  ASSERT_TRUE(db_->run("UPDATE audit SET command = 'nothing', hash = ? WHERE seq = 2", {std::string_view(forged.hash)}));
  EXPECT_EQ(first_break(), 3);
}

TEST_F(AuditChainTest, the_head_moves_with_each_record) {
  AuditChain chain(*db_, clock_);
  const auto before = chain.head().value();
  EXPECT_EQ(before.seq, 4);
  const auto after = chain.append("root", "up", "done").value();
  EXPECT_EQ(after.seq, 5);
  EXPECT_NE(after.hash, before.hash);
  EXPECT_EQ(chain.head().value().hash, after.hash);
}

}  // namespace
}  // namespace keelson::state
