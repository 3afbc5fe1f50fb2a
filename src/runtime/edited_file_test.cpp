#include "runtime/edited_file.h"

#include <gtest/gtest.h>

#include "system/temporary_directory.h"

namespace keelson {
namespace {

class EditedFile : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files_.write(path_, "port 6379\n", 0640)); }
  TemporaryDirectory dir_;
  RealFiles real_files_;
  Files& files_ = real_files_;
  const std::string path_ = dir_ / "redis.conf";
};

TEST_F(EditedFile, is_another_with_the_same_mode_and_comes_back_as_it_was) {
  const auto before = files_.info(path_).value();
  ASSERT_TRUE(edit_by_hand(files_, path_));
  EXPECT_EQ(files_.read(path_).value(), "port 6379\n# edited by hand\n");
  EXPECT_EQ(files_.info(path_).value()->mode, before->mode);
  ASSERT_TRUE(undo_edit_by_hand(files_, path_));
  EXPECT_EQ(files_.read(path_).value(), "port 6379\n");
  EXPECT_EQ(files_.info(path_).value()->modified_ms, before->modified_ms) << "who compares times sees nothing new";
  EXPECT_EQ(files_.list(dir_.path()).value(), std::vector<std::string>{"redis.conf"});
}

TEST_F(EditedFile, is_not_edited_twice_so_that_what_was_there_is_never_lost) {
  ASSERT_TRUE(edit_by_hand(files_, path_));
  EXPECT_FALSE(edit_by_hand(files_, path_));
  ASSERT_TRUE(undo_edit_by_hand(files_, path_));
  EXPECT_EQ(files_.read(path_).value(), "port 6379\n");
}

TEST_F(EditedFile, that_was_never_edited_is_left_alone) {
  ASSERT_TRUE(undo_edit_by_hand(files_, path_));
  EXPECT_EQ(files_.read(path_).value(), "port 6379\n");
}

}  // namespace
}  // namespace keelson
