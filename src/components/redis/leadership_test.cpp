#include "components/redis/leadership.h"

#include <gtest/gtest.h>

namespace keelson::redis {
namespace {

constexpr const char* kA = "127.77.1.1";
constexpr const char* kB = "127.77.1.2";

TEST(LeaderFacts, survive_the_way_over_the_socket) {
  const LeaderFacts facts{"redis", {"redis-1", kA, "redis-1.demo"}, "0.0.0.0", "/d", {{"redis-2", kB, "redis-2.demo"}}, {{"s-1", "127.77.1.9", "s-1.demo"}}, "/run/admin.sock", "redis-master", "redis-replica"};
  const auto back = leader_facts_from(to_json(facts).dump());
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, facts);
}

TEST(SettledMaster, needs_every_voice_that_answers_and_a_majority) {
  EXPECT_EQ(settled_master({{kA}, {kA}, {kA}}, 3), kA);
  EXPECT_EQ(settled_master({{kA}, {kA}}, 3), kA);
  EXPECT_EQ(settled_master({{kA}}, 3), std::nullopt) << "no majority answers";
  EXPECT_EQ(settled_master({{kB}, {kA}, {kA}}, 3), std::nullopt) << "one knows of a new master already";
  EXPECT_EQ(settled_master({{kA, true}, {kA}, {kA}}, 3), std::nullopt) << "it is being replaced";
}

TEST(Entry, keeps_out_who_claims_to_be_master_against_the_sentinels) {
  EXPECT_EQ(entry_of(kA, kA, "master"), Entry::open);
  EXPECT_EQ(entry_of(kA, kA, std::nullopt), Entry::open) << "its own checks decide";
  EXPECT_EQ(entry_of(kB, kA, "slave"), Entry::open);
  EXPECT_EQ(entry_of(kB, kA, "master"), Entry::closed);
  EXPECT_EQ(entry_of(kB, kA, std::nullopt), Entry::closed) << "it may come back as anything";
}

TEST(DiedLeading, a_clean_shutdown_is_no_death) {
  using How = ExitStatus::How;
  EXPECT_TRUE(died_leading("", "primary", ExitStatus{How::signalled, 9}));
  EXPECT_TRUE(died_leading("", "primary", ExitStatus{How::exited, 1}));
  EXPECT_TRUE(died_leading("", "primary", ExitStatus{How::unknown, 0})) << "an adopted process";
  EXPECT_FALSE(died_leading("", "primary", ExitStatus{How::exited, 0}));
  EXPECT_FALSE(died_leading("", "replica", ExitStatus{How::signalled, 9}));
}

}  // namespace
}  // namespace keelson::redis
