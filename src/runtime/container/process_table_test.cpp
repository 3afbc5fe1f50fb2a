#include "runtime/container/process_table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "system/temporary_directory.h"

namespace keelson::container {
namespace {

/// A tree that looks like /proc.
struct ProcTest : testing::Test {
  TemporaryDirectory proc;
  const std::string own = "12:memory:/docker/one\n0::/docker/one\n";

  void SetUp() override {
    std::filesystem::create_symlink("1", proc / "self");
    std::ofstream(proc / "uptime") << "1 2\n";
    add(1, "1 (keelson) S 0 1 1 0 -1 4194560 0", own);
  }
  void add(int pid, const std::string& stat, const std::string& cgroup) {
    const std::string directory = proc / std::to_string(pid);
    std::filesystem::create_directory(directory);
    std::ofstream(directory + "/stat") << stat << " 0 0\n";
    std::ofstream(directory + "/cgroup") << cgroup;
  }
  Namespace look() {
    const auto seen = look_around(proc.path());
    EXPECT_TRUE(seen) << describe(seen.error());
    return seen.value_or(Namespace{});
  }
};

TEST_F(ProcTest, alone_there_is_nobody_else) {
  const Namespace seen = look();
  EXPECT_TRUE(seen.own.empty());
  EXPECT_TRUE(seen.strangers.empty());
}

TEST_F(ProcTest, what_docker_exec_brought_in_is_the_containers_own) {
  add(7, "7 (redis-server) S 1 7 7 0 -1 4194560 0", own);
  add(31, "31 (sh) S 0 31 31 0 -1 4194560 0", own);
  const Namespace seen = look();
  ASSERT_EQ(seen.own.size(), 2U);
  EXPECT_TRUE(seen.strangers.empty());
}

TEST_F(ProcTest, another_containers_process_is_a_stranger) {
  add(31, "31 (sleep) S 0 31 31 0 -1 4194560 0", "12:memory:/docker/two\n0::/docker/two\n");
  const Namespace seen = look();
  EXPECT_TRUE(seen.own.empty());
  ASSERT_EQ(seen.strangers.size(), 1U);
  EXPECT_EQ(text(seen.strangers[0]), "process 31 (sleep)");
}

TEST_F(ProcTest, one_that_cannot_be_read_is_a_stranger_and_never_left_out) {
  std::filesystem::create_directory(proc / "44");
  std::filesystem::create_directory(proc / "44/stat");
  EXPECT_EQ(look().strangers.size(), 1U);
}

TEST_F(ProcTest, the_dying_are_the_containers_own_wherever_cgroup_v1_shows_them) {
  add(8, "8 (postgres) Z 1 7 7 0 -1 4194564 0", "12:memory:/\n0::/docker/one\n");
  add(9, "9 (postgres) D 1 7 7 0 -1 4194564 0", "12:memory:/\n0::/docker/one\n");
  const Namespace seen = look();
  EXPECT_EQ(seen.own.size(), 2U) << "they are there still";
  EXPECT_TRUE(seen.strangers.empty());
}

TEST_F(ProcTest, a_name_may_hold_parentheses_and_spaces) {
  add(8, "8 (a) R 5 (b) S 1 7 7 0 -1 4194560 0", own);
  ASSERT_EQ(look().own.size(), 1U);
  EXPECT_EQ(look().own[0].name, "a) R 5 (b");
  EXPECT_EQ(look().own[0].parent, 1);
}

TEST_F(ProcTest, without_the_first_process_nothing_is_known) {
  std::filesystem::remove_all(proc / "1");
  EXPECT_FALSE(look_around(proc.path()));
}

TEST_F(ProcTest, the_first_process_is_number_one_of_the_namespace_that_proc_shows) {
  EXPECT_EQ(why_not_first(1, proc.path()), "");
  EXPECT_EQ(why_not_first(4711, proc.path()), "keelson is process 4711 of its PID namespace, not the first");
  std::filesystem::remove(proc / "self");
  std::filesystem::create_symlink("4711", proc / "self");
  EXPECT_NE(why_not_first(1, proc.path()), "") << "/proc of the host";
}

}  // namespace
}  // namespace keelson::container
