#include "system/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/temporary_directory.h"

namespace keelson {
namespace {

class FilesTest : public ::testing::Test {
 protected:
  TemporaryDirectory dir_;
  RealFiles real_;
  Files& files_ = real_;
};

TEST_F(FilesTest, what_is_written_is_read_back_with_its_mode) {
  ASSERT_TRUE(files_.write(dir_ / "a", std::string("x\0y", 3), 0640));
  EXPECT_EQ(files_.read(dir_ / "a").value(), std::string("x\0y", 3));
  EXPECT_EQ(files_.info(dir_ / "a").value()->mode, 0640u);
}

TEST_F(FilesTest, the_start_of_a_file_is_read_whatever_its_size) {
  ASSERT_TRUE(files_.write(dir_ / "a", "REDIS0011 and more", 0600));
  EXPECT_EQ(files_.read_start(dir_ / "a", 9).value(), "REDIS0011");
  EXPECT_EQ(files_.read_start(dir_ / "a", 100).value(), "REDIS0011 and more");
  EXPECT_FALSE(files_.read_start(dir_.path(), 9));
}

TEST_F(FilesTest, a_write_replaces_the_file_and_leaves_nothing_beside_it) {
  ASSERT_TRUE(files_.write(dir_ / "a", "old", 0644));
  ASSERT_TRUE(files_.write(dir_ / "a", "new", 0600));
  EXPECT_EQ(files_.read(dir_ / "a").value(), "new");
  EXPECT_EQ(files_.list(dir_.path()).value(), std::vector<std::string>{"a"});
}

TEST_F(FilesTest, a_reader_of_the_old_file_keeps_the_old_bytes) {
  ASSERT_TRUE(files_.write(dir_ / "a", "old", 0644));
  ASSERT_EQ(::link((dir_ / "a").c_str(), (dir_ / "held").c_str()), 0);
  ASSERT_TRUE(files_.write(dir_ / "a", "new", 0644));
  EXPECT_EQ(files_.read(dir_ / "held").value(), "old");
}

TEST_F(FilesTest, a_symlink_in_the_last_component_is_never_followed) {
  ASSERT_TRUE(files_.write(dir_ / "target", "precious", 0600));
  ASSERT_EQ(::symlink((dir_ / "target").c_str(), (dir_ / "link").c_str()), 0);
  EXPECT_FALSE(files_.read(dir_ / "link"));
  EXPECT_FALSE(files_.write(dir_ / "link", "changed", 0600));
  EXPECT_EQ(files_.info(dir_ / "link").value()->kind, FileKind::symlink);
  EXPECT_EQ(files_.read(dir_ / "target").value(), "precious");
}

TEST_F(FilesTest, a_symlink_where_a_directory_is_expected_is_refused) {
  ASSERT_TRUE(files_.make_directory(dir_ / "real", 0711));
  ASSERT_EQ(::symlink((dir_ / "real").c_str(), (dir_ / "link").c_str()), 0);
  EXPECT_FALSE(files_.make_directory(dir_ / "link", 0700));
  EXPECT_FALSE(files_.list(dir_ / "link"));
  EXPECT_EQ(files_.info(dir_ / "real").value()->mode, 0711u);
}

TEST_F(FilesTest, directories_are_made_with_parents_whatever_the_umask) {
  const mode_t before = ::umask(077);
  const auto made = files_.make_directory(dir_ / "a/b/c", 0750);
  ::umask(before);
  ASSERT_TRUE(made) << made.error().what;
  EXPECT_EQ(files_.info(dir_ / "a").value()->mode, 0755u);
  EXPECT_EQ(files_.info(dir_ / "a/b/c").value()->mode, 0750u);
  EXPECT_TRUE(files_.make_directory(dir_ / "a/b/c/", 0700));
  EXPECT_EQ(files_.info(dir_ / "a/b/c").value()->mode, 0700u);
}

TEST_F(FilesTest, a_directory_of_somebody_else_is_refused_and_untouched) {
  if (::geteuid() != 0) GTEST_SKIP() << "giving a directory away needs root";
  ASSERT_TRUE(files_.make_directory(dir_ / "theirs", 0711));
  ASSERT_EQ(::chown((dir_ / "theirs").c_str(), 12345, 12345), 0);
  const auto refused = files_.make_directory(dir_ / "theirs", 0700, {23456, 23456});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().why.find("12345"), std::string::npos);
  EXPECT_EQ(files_.info(dir_ / "theirs").value()->owner, (Owner{12345, 12345}));
  EXPECT_EQ(files_.info(dir_ / "theirs").value()->mode, 0711u);
  EXPECT_TRUE(files_.make_directory(dir_ / "theirs", 0700, {12345, 12345}));
}

TEST_F(FilesTest, owner_and_mode_are_set_on_written_files) {
  if (::geteuid() != 0) GTEST_SKIP() << "giving a file away needs root";
  ASSERT_TRUE(files_.write(dir_ / "a", "x", 0400, {12345, 23456}));
  const FileInfo info = files_.info(dir_ / "a").value().value();
  EXPECT_EQ(info.owner, (Owner{12345, 23456}));
  EXPECT_EQ(info.mode, 0400u);
}

TEST_F(FilesTest, removing_a_tree_leaves_what_its_symlinks_point_at) {
  ASSERT_TRUE(files_.make_directory(dir_ / "out", 0755));
  ASSERT_TRUE(files_.write(dir_ / "out/keep", "x", 0644));
  ASSERT_TRUE(files_.make_directory(dir_ / "tree/sub", 0755));
  ASSERT_TRUE(files_.write(dir_ / "tree/sub/f", "x", 0644));
  ASSERT_EQ(::symlink((dir_ / "out").c_str(), (dir_ / "tree/link").c_str()), 0);
  ASSERT_TRUE(files_.remove_tree(dir_ / "tree"));
  EXPECT_EQ(files_.list(dir_.path()).value(), std::vector<std::string>{"out"});
  EXPECT_EQ(files_.list(dir_ / "out").value(), std::vector<std::string>{"keep"});
}

TEST_F(FilesTest, removing_what_is_not_there_is_fine_but_a_full_directory_is_not_removed) {
  EXPECT_TRUE(files_.remove(dir_ / "none"));
  EXPECT_TRUE(files_.remove_tree(dir_ / "no/such/tree"));
  ASSERT_TRUE(files_.make_directory(dir_ / "full", 0755));
  ASSERT_TRUE(files_.write(dir_ / "full/f", "x", 0644));
  EXPECT_FALSE(files_.remove(dir_ / "full"));
  EXPECT_FALSE(files_.info(dir_ / "absent").value().has_value());
}

TEST_F(FilesTest, a_file_over_the_limit_is_refused) {
  ASSERT_TRUE(files_.write(dir_ / "a", "12345", 0644));
  EXPECT_TRUE(files_.read(dir_ / "a", 5));
  EXPECT_FALSE(files_.read(dir_ / "a", 4));
}

TEST_F(FilesTest, errors_name_the_path_and_the_reason) {
  const auto missing = files_.read(dir_ / "nothing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().where, dir_ / "nothing");
  EXPECT_EQ(missing.error().why, "No such file or directory");
  EXPECT_FALSE(files_.read("relative"));
}

TEST_F(FilesTest, a_pipe_in_place_of_a_file_does_not_hang_the_reader) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(files_.read(dir_ / "fifo"));
}

}  // namespace
}  // namespace keelson
