#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/addresses.h"
#include "state/event_log.h"
#include "state/journal.h"
#include "state/processes.h"
#include "state/schema.h"
#include "state/written_files.h"
#include "system/temporary_directory.h"

namespace keelson::state {
namespace {

struct FixedClock : Clock {
  std::int64_t now_ms = 1'795'000'000'000;
  std::int64_t wall_ms() const override { return now_ms; }
  std::int64_t monotonic_us() const override { return now_ms * 1000; }
};

class StateTest : public ::testing::Test {
 protected:
  void SetUp() override { db_ = open_state(dir_.path(), clock_, Durability::normal).value(); }
  std::int64_t count(const char* sql) {
    std::int64_t n = -1;
    EXPECT_TRUE(db_->each(sql, {}, [&](const Row& row) { n = row.number(0); }));
    return n;
  }
  std::vector<std::string> open_steps() {
    std::vector<std::string> ids;
    EXPECT_TRUE(db_->each("SELECT id FROM step WHERE finished_ms IS NULL ORDER BY id", {}, [&](const Row& row) { ids.push_back(row.text(0)); }));
    return ids;
  }
  TemporaryDirectory dir_;
  FixedClock clock_;
  std::unique_ptr<Database> db_;
};

TEST_F(StateTest, the_file_is_private_whatever_the_umask) {
  struct stat info {};
  for (const char* name : {"state.db", "state.db-wal"}) {
    ASSERT_EQ(::stat((dir_ / name).c_str(), &info), 0) << name;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << name;
  }
}

TEST_F(StateTest, a_symlink_is_not_opened) {
  ASSERT_EQ(::symlink((dir_ / "state.db").c_str(), (dir_ / "other.db").c_str()), 0);
  EXPECT_FALSE(Database::open(dir_ / "other.db", Durability::full));
}

TEST_F(StateTest, values_never_become_sql) {
  Addresses addresses(*db_);
  const std::string hostile = "x'); DROP TABLE address; --";
  ASSERT_TRUE(addresses.save({{hostile, 7}}));
  EXPECT_EQ(addresses.load().value(), (std::map<std::string, int>{{hostile, 7}}));
}

TEST_F(StateTest, a_failed_transaction_leaves_nothing) {
  const auto result = db_->transaction([&]() -> Result<void> {
    KEELSON_CHECK(db_->run("INSERT INTO address VALUES ('a', 1)"));
    return fail("changed my mind");
  });
  EXPECT_FALSE(result);
  EXPECT_EQ(count("SELECT count(*) FROM address"), 0);
  EXPECT_TRUE(db_->transaction([&]() -> Result<void> { return {}; })) << "the next one is not disturbed";
}

TEST_F(StateTest, opening_again_migrates_nothing) {
  const auto before = count("SELECT count(*) FROM migration");
  EXPECT_GT(before, 0);
  ASSERT_TRUE(open_state(dir_.path(), clock_));
  EXPECT_EQ(count("SELECT count(*) FROM migration"), before);
}

TEST_F(StateTest, a_newer_schema_is_refused) {
  ASSERT_TRUE(db_->run("INSERT INTO migration VALUES (99, 'future', 0)"));
  const auto opened = open_state(dir_.path(), clock_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().what, ::testing::HasSubstr("newer keelson"));
}

TEST_F(StateTest, a_file_that_is_no_database_is_refused_and_kept) {
  TemporaryDirectory other;
  FILE* file = ::fopen((other / "state.db").c_str(), "w");
  ASSERT_NE(file, nullptr);
  for (int i = 0; i < 1000; ++i) ::fputs("not a database at all ", file);
  ::fclose(file);
  EXPECT_FALSE(open_state(other.path(), clock_));
  struct stat info {};
  ASSERT_EQ(::stat((other / "state.db").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 22'000);
}

TEST_F(StateTest, a_step_that_never_ended_is_found_after_a_restart) {
  Journal journal(*db_, clock_);
  const auto run = journal.begin_run("up", "root").value();
  ASSERT_TRUE(journal.step_started(run, "redis-1/start"));
  ASSERT_TRUE(journal.step_started(run, "redis-2/start"));
  ASSERT_TRUE(journal.step_finished(run, "redis-1/start", "done"));
  db_ = open_state(dir_.path(), clock_, Durability::normal).value();
  Journal again(*db_, clock_);
  EXPECT_THAT(open_steps(), ::testing::ElementsAre("redis-2/start"));
  const auto next = again.begin_run("up", "root").value();
  ASSERT_TRUE(again.abandon_before(next));
  EXPECT_TRUE(open_steps().empty());
}

TEST_F(StateTest, a_step_cannot_end_before_it_began) {
  Journal journal(*db_, clock_);
  EXPECT_FALSE(journal.step_finished(journal.begin_run("up", "root").value(), "x", "done"));
}

TEST_F(StateTest, a_retried_step_is_open_again) {
  Journal journal(*db_, clock_);
  const auto run = journal.begin_run("up", "root").value();
  ASSERT_TRUE(journal.step_started(run, "a"));
  ASSERT_TRUE(journal.step_finished(run, "a", "failed", "no room"));
  ASSERT_TRUE(journal.step_started(run, "a"));
  EXPECT_THAT(open_steps(), ::testing::ElementsAre("a"));
}

TEST_F(StateTest, events_come_back_in_order_after_a_seq) {
  EventLog log(*db_, clock_);
  for (int i = 1; i <= 5; ++i) ASSERT_EQ(log.append({"exit", "redis", "redis-1", "n" + std::to_string(i)}).value(), i);
  const auto events = log.read(2, 2).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].reason, "n3");
  EXPECT_EQ(events[1].seq, 4);
}

TEST_F(StateTest, an_event_shows_decision_and_failed_condition_only_when_it_has_them) {
  EventLog log(*db_, clock_);
  ASSERT_TRUE(log.append({"exit", "redis", "redis-1", "signal 9"}));
  ASSERT_TRUE(log.append({"failover", "pg", "pg-1", "dead", "no release", "sync member answers"}));
  const auto events = log.read(0).value();
  EXPECT_EQ(to_json(events[0]).dump(), "{\"seq\":1,\"at\":\"" + rfc3339(clock_.now_ms) +
                                           "\",\"kind\":\"exit\",\"component\":\"redis\",\"member\":\"redis-1\",\"reason\":\"signal 9\"}");
  EXPECT_EQ(to_json(events[1])["decision"].as_string(), "no release");
  EXPECT_EQ(to_json(events[1])["failed_condition"].as_string(), "sync member answers");
}

TEST_F(StateTest, only_the_newest_events_are_kept_and_seq_goes_on) {
  EventLog log(*db_, clock_, 3);
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(log.append({"exit"}));
  const auto events = log.read(0).value();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events.front().seq, 8);
  EXPECT_EQ(events.back().seq, 10);
}

TEST_F(StateTest, written_files_are_kept_by_instance_and_path) {
  WrittenFiles files(*db_);
  ASSERT_TRUE(files.put("redis-1", "redis.conf", "d1"));
  ASSERT_TRUE(files.put("redis-1", "redis.conf", "d2"));
  ASSERT_TRUE(files.put("redis-2", "redis.conf", "d3"));
  EXPECT_EQ(files.all("redis-1").value(), (std::map<std::string, std::string>{{"redis.conf", "d2"}}));
  EXPECT_EQ(files.all("redis-2").value(), (std::map<std::string, std::string>{{"redis.conf", "d3"}}));
  EXPECT_TRUE(files.all("redis-3").value().empty());
}

TEST_F(StateTest, addresses_are_saved_all_or_nothing) {
  Addresses addresses(*db_);
  const std::map<std::string, int> book = {{"redis-1", 1}, {"redis-2", 2}};
  ASSERT_TRUE(addresses.save(book));
  EXPECT_FALSE(addresses.save({{"a", 5}, {"b", 5}}));
  EXPECT_EQ(addresses.load().value(), book);
}

TEST_F(StateTest, agent_rows_are_kept_by_kind_and_name) {
  Processes processes(*db_);
  ASSERT_TRUE(processes.put("spec", "redis-1", "{}"));
  ASSERT_TRUE(processes.put("spec", "redis-1", R"({"a":1})"));
  ASSERT_TRUE(processes.put("process", "redis-1", R"({"pid":7})"));
  EXPECT_EQ(processes.all("spec").value(), (std::map<std::string, std::string>{{"redis-1", R"({"a":1})"}}));
  ASSERT_TRUE(processes.erase("spec", "redis-1"));
  EXPECT_EQ(processes.get("spec", "redis-1").value(), std::nullopt);
  EXPECT_EQ(processes.get("process", "redis-1").value(), R"({"pid":7})");
}

TEST_F(StateTest, two_openings_of_one_file_see_each_other) {
  auto other = open_state(dir_.path(), clock_, Durability::normal).value();
  ASSERT_TRUE(Processes(*other).put("spec", "a", "{}"));
  EXPECT_EQ(Processes(*db_).get("spec", "a").value(), "{}");
}

}  // namespace
}  // namespace keelson::state
