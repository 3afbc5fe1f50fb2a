#include "cli/log_tail.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace keelson::cli {
namespace {

class LogTailTest : public testing::Test {
 protected:
  LogTailTest() {
    std::string name = testing::TempDir() + "keelson-log-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    path_ = directory_ + "/redis-1.log";
  }
  ~LogTailTest() override { std::filesystem::remove_all(directory_); }

  static void append(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::app) << text; }
  LogTail::OnLine collect() {
    return [this](const std::string& line) { lines_.push_back(line); };
  }

  std::string directory_;
  std::string path_;
  std::vector<std::string> lines_;
};

using Lines = std::vector<std::string>;

TEST_F(LogTailTest, begins_with_the_last_lines) {
  append(path_, "one\ntwo\nthree\n");
  LogTail tail(path_);
  tail.begin(2, collect());
  EXPECT_EQ(lines_, (Lines{"two", "three"}));
}

TEST_F(LogTailTest, takes_older_lines_from_the_rotated_file) {
  append(path_ + ".1", "one\ntwo\n");
  append(path_, "three\n");
  LogTail tail(path_);
  tail.begin(2, collect());
  EXPECT_EQ(lines_, (Lines{"two", "three"}));
}

TEST_F(LogTailTest, waits_for_the_end_of_a_line) {
  append(path_, "one\ntw");
  LogTail tail(path_);
  tail.begin(10, collect());
  append(path_, "o\nthree\n");
  tail.more(collect());
  EXPECT_EQ(lines_, (Lines{"one", "two", "three"}));
}

TEST_F(LogTailTest, loses_and_repeats_nothing_when_the_file_is_rotated) {
  append(path_, "one\n");
  LogTail tail(path_);
  tail.begin(10, collect());
  append(path_, "two\n");
  std::filesystem::rename(path_, path_ + ".1");
  append(path_, "three\n");
  tail.more(collect());
  EXPECT_EQ(lines_, (Lines{"one", "two", "three"}));
}

TEST_F(LogTailTest, waits_for_a_file_that_is_not_there_yet) {
  LogTail tail(path_);
  tail.begin(10, collect());
  tail.more(collect());
  append(path_, "one\n");
  tail.more(collect());
  EXPECT_EQ(lines_, (Lines{"one"}));
}

TEST(LastLines, counts_a_line_without_its_newline) {
  EXPECT_EQ(last_lines("a\nb\nc", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb\n", 5), "a\nb\n");
  EXPECT_EQ(last_lines("a\n", 0), "");
  EXPECT_EQ(last_lines("", 3), "");
}

}  // namespace
}  // namespace keelson::cli
