#include "state/lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "system/temporary_directory.h"

namespace keelson::state {
namespace {

TEST(LockTest, the_second_taker_hears_who_holds_it) {
  TemporaryDirectory dir;
  const auto first = Lock::take(dir.path(), "keelson up");
  ASSERT_TRUE(first);
  for (int attempt = 0; attempt < 2; ++attempt) {  // asking must not spoil the answer
    const auto second = Lock::take(dir.path(), "keelson down");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::locked);
    EXPECT_THAT(second.error().why, ::testing::HasSubstr("pid " + std::to_string(::getpid())));
    EXPECT_THAT(second.error().why, ::testing::HasSubstr("`keelson up`"));
  }
}

TEST(LockTest, it_is_free_again_when_its_holder_lets_go) {
  TemporaryDirectory dir;
  { const auto first = Lock::take(dir.path(), "keelson up"); ASSERT_TRUE(first); }
  EXPECT_TRUE(Lock::take(dir.path(), "keelson down"));
}

TEST(LockTest, moving_keeps_it) {
  TemporaryDirectory dir;
  auto first = Lock::take(dir.path(), "keelson up");
  ASSERT_TRUE(first);
  const Lock kept = std::move(*first);
  EXPECT_FALSE(Lock::take(dir.path(), "keelson down"));
}

TEST(LockTest, executed_programs_do_not_inherit_it) {
  TemporaryDirectory dir;
  const int lowest = ::open("/dev/null", O_RDONLY);  // the number the lock will get
  ::close(lowest);
  const auto lock = Lock::take(dir.path(), "keelson up");
  ASSERT_TRUE(lock);
  EXPECT_NE(::fcntl(lowest, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(LockTest, a_symlink_is_not_followed) {
  TemporaryDirectory dir;
  ASSERT_EQ(::symlink((dir / "elsewhere").c_str(), (dir / "lock").c_str()), 0);
  EXPECT_FALSE(Lock::take(dir.path(), "keelson up"));
  EXPECT_NE(::access((dir / "elsewhere").c_str(), F_OK), 0);
}

}  // namespace
}  // namespace keelson::state
