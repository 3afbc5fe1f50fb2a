#include "runtime/native/log_file.h"

#include <gtest/gtest.h>

#include "system/files.h"
#include "system/temporary_directory.h"

namespace keelson::native {
namespace {

struct LogFileTest : testing::Test {
  TemporaryDirectory directory;
  RealFiles files;
  std::string path = directory.path() + "/redis-1.log";
  std::string text(const std::string& suffix = "") { return files.read(path + suffix, 1 << 20).value_or("(none)"); }
};

TEST_F(LogFileTest, what_fits_is_written_as_it_came) {
  LogFile log(path, 1000, {100, 100});
  log.add("one\ntw", 0);
  log.add("o\n", 0);
  EXPECT_EQ(text(), "one\ntwo\n");
}

TEST_F(LogFileTest, rotation_keeps_one_old_file_and_never_passes_the_cap) {
  LogFile log(path, 10, {1000, 1000});
  log.add("aaaaaaa\n", 0);
  log.add("bbbbbbb\n", 0);
  log.add("ccccccc\n", 0);
  EXPECT_EQ(text(), "ccccccc\n");
  EXPECT_EQ(text(".1"), "bbbbbbb\n");
}

TEST_F(LogFileTest, what_exceeds_the_rate_is_dropped_counted_and_told_at_a_line_boundary) {
  LogFile log(path, 1000, {10, 10});
  log.add("12345678\n", 0);
  log.add("lost line\n", 1);
  EXPECT_EQ(text(), "12345678\n");
  EXPECT_TRUE(log.owes_notice());
  log.add("end\nnew\n", 1'000'000);  // "end\n" is the rest of a line whose beginning may be gone
  EXPECT_EQ(text(), "12345678\nkeelson: dropped 14 bytes\nnew\n");
  EXPECT_FALSE(log.owes_notice());
}

TEST_F(LogFileTest, a_drop_that_nothing_follows_is_told_too) {
  LogFile log(path, 1000, {10, 10});
  log.add("half", 0);
  log.add("too much!", 0);
  log.settle(1'000'000);
  EXPECT_EQ(text(), "half\nkeelson: dropped 9 bytes\n");
}

TEST_F(LogFileTest, an_existing_log_is_continued_and_its_size_counts) {
  ASSERT_TRUE(files.write(path, "old old\n", 0600, {}));
  LogFile log(path, 10, {1000, 1000});
  log.add("new\n", 0);
  EXPECT_EQ(text(), "new\n");
  EXPECT_EQ(text(".1"), "old old\n");
}

}  // namespace
}  // namespace keelson::native
