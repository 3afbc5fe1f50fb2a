#include "state/host_registry.h"

#include <gtest/gtest.h>

#include "system/temporary_directory.h"

namespace keelson::state {
namespace {

constexpr const char* kHeading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

class HostRegistryTest : public ::testing::Test {
 protected:
  std::unique_ptr<HostRegistry> open(int uid = 0) {
    return HostRegistry::open(dir_.path(), files_, clock_, uid, [this]() -> Result<std::string> { return kHeading + listeners_; }).value();
  }
  std::string state_dir(const std::string& name) {
    EXPECT_TRUE(files_.make_directory(dir_ / name, 0700));
    return dir_ / name;
  }
  HostClaim claim(const std::string& name) { return open()->claim(name, state_dir(name)).value(); }

  TemporaryDirectory dir_;
  RealFiles real_;
  Files& files_ = real_;
  RealClock clock_;
  std::string listeners_;
};

TEST_F(HostRegistryTest, a_claim_stays_the_same) {
  const auto first = claim("nexus");
  EXPECT_EQ(first.id, 1);
  EXPECT_EQ(first.block, "127.77.1");
  EXPECT_EQ(first.first_uid, 70'100);
  EXPECT_TRUE(first.owns_short_names);
  listeners_ = "   0: 01014D7F:18EB 00000000:0000 0A 0 0 0 0\n";  // its own listeners do not move it
  EXPECT_EQ(claim("nexus").id, 1);
}

TEST_F(HostRegistryTest, the_same_name_in_another_directory_is_another_foundation) {
  const auto first = open()->claim("nexus", state_dir("a")).value();
  const auto second = open()->claim("nexus", state_dir("b")).value();
  EXPECT_NE(first.id, second.id);
  EXPECT_FALSE(second.owns_short_names);
}

TEST_F(HostRegistryTest, blocks_where_somebody_listens_are_passed_over) {
  listeners_ =
      "   0: 01014D7F:18EB 00000000:0000 0A 0 0 0 0\n"   // 127.77.1.1 listens
      "   1: 05024D7F:18EB 01024D7F:9999 01 0 0 0 0\n"   // 127.77.2.5: a connection, not a listener
      "   2: 0100007F:18EB 00000000:0000 0A 0 0 0 0\n";  // 127.0.0.1
  EXPECT_EQ(claim("nexus").id, 2);
}

TEST_F(HostRegistryTest, nonsense_in_proc_is_ignored) {
  EXPECT_TRUE(listening_blocks("").empty());
  EXPECT_TRUE(listening_blocks("a b c 0A\n x:y 0A 0A 0A\n 0: ZZZZZZZZ:0000 0:0 0A\n").empty());
  EXPECT_EQ(listening_blocks("0: 01074D7F:0001 0:0 0A\n1: 02074D7F:0001 0:0 0A\n2: 01034D7F:0001 0:0 0A\n"), (std::vector<int>{3, 7}));
}

TEST_F(HostRegistryTest, short_names_pass_on_when_the_first_is_released) {
  const auto first = claim("one"), second = claim("two");
  EXPECT_FALSE(second.owns_short_names);
  ASSERT_TRUE(open()->release("one", first.state_dir));
  EXPECT_TRUE(claim("two").owns_short_names);
  EXPECT_EQ(claim("two").id, second.id);
  EXPECT_EQ(claim("three").id, first.id) << "its block is free again";
}

TEST_F(HostRegistryTest, a_foundation_whose_directory_is_gone_loses_its_claim_unless_it_still_listens) {
  const auto first = claim("one"), second = claim("two");
  ASSERT_TRUE(files_.remove_tree(first.state_dir));
  ASSERT_TRUE(files_.remove_tree(second.state_dir));
  listeners_ = "   0: 01024D7F:18EB 00000000:0000 0A 0 0 0 0\n";
  claim("three");
  const auto left = open()->list().value();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0].foundation, "two");
  EXPECT_EQ(left[1].foundation, "three");
}

TEST_F(HostRegistryTest, a_claim_needs_its_directory) { EXPECT_FALSE(open()->claim("nexus", dir_ / "absent")); }

TEST_F(HostRegistryTest, ordinary_users_get_ids_above_those_of_root) {
  const auto first = open(1000)->claim("one", state_dir("one")).value();
  const auto second = open(1000)->claim("two", state_dir("two")).value();
  EXPECT_EQ(first.id, 128 + 1000 % 123);
  EXPECT_EQ(second.id, first.id + 1);
  const auto wrapped = open(122)->claim("three", state_dir("three")).value();
  EXPECT_EQ(wrapped.id, 250);
  EXPECT_EQ(open(122)->claim("four", state_dir("four")).value().id, 128);
}

TEST_F(HostRegistryTest, a_full_machine_is_said) {
  for (int block = 1; block <= 127; ++block) {
    char line[80];
    std::snprintf(line, sizeof line, "   0: 01%02X4D7F:18EB 00000000:0000 0A 0 0 0 0\n", block);
    listeners_ += line;
  }
  const auto refused = open()->claim("nexus", state_dir("nexus"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::preflight_refused);
}

TEST_F(HostRegistryTest, unreadable_listeners_are_an_error_not_an_empty_list) {
  auto registry = HostRegistry::open(dir_.path(), files_, clock_, 0, []() -> Result<std::string> { return fail("cannot read"); }).value();
  EXPECT_FALSE(registry->claim("nexus", state_dir("nexus")));
}

TEST_F(HostRegistryTest, one_without_a_place_is_known_by_name_and_takes_nothing) {
  ASSERT_TRUE(open()->note("shop", state_dir("shop")));
  ASSERT_TRUE(open()->note("shop", state_dir("shop"))) << "again";
  const auto first = claim("nexus");
  EXPECT_EQ(first.id, 1);
  EXPECT_TRUE(first.owns_short_names);
  EXPECT_EQ(open()->names().value(), (std::vector<KnownName>{{"nexus", dir_ / "nexus", "127.77.1"}, {"shop", dir_ / "shop"}}));
  ASSERT_TRUE(open()->release("shop", dir_ / "shop"));
  EXPECT_EQ(open()->names().value().size(), 1U);
}

TEST_F(HostRegistryTest, one_that_claimed_a_place_before_gives_it_back) {
  claim("shop");
  ASSERT_TRUE(open()->note("shop", state_dir("shop")));
  EXPECT_TRUE(open()->list().value().empty());
  EXPECT_TRUE(claim("nexus").owns_short_names);
  EXPECT_EQ(claim("shop").id, 2) << "and may claim one again";
  EXPECT_EQ(open()->names().value().size(), 2U);
}

TEST_F(HostRegistryTest, names_whose_directory_is_gone_are_dropped_with_the_next) {
  ASSERT_TRUE(open()->note("old", state_dir("old")));
  ASSERT_TRUE(files_.remove_tree(dir_ / "old"));
  ASSERT_TRUE(open()->note("shop", state_dir("shop")));
  EXPECT_EQ(open()->names().value(), (std::vector<KnownName>{{"shop", dir_ / "shop"}}));
}

}  // namespace
}  // namespace keelson::state
