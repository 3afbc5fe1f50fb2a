#include <gtest/gtest.h>

#include "components/redis/room.h"
#include "components/redis/test_foundation.h"
#include "system/files.h"
#include "system/temporary_directory.h"

namespace keelson::redis {
namespace {

struct PreflightTest : testing::Test {
  TemporaryDirectory folder;
  RealFiles real;
  Files& files = real;
  Member member{.name = "redis-1", .instances = {Instance{.name = "redis-1"}}};
  Component component{.name = "redis", .kind = &kRedis};

  void SetUp() override {
    member.instances[0].place.data = folder / "data";
    ASSERT_TRUE(files.make_directory(folder / "data/appendonlydir", 0700));
  }
  Errors with(const std::string& name, const std::string& content) {
    EXPECT_TRUE(files.write(folder / ("data/" + name), content, 0600));
    return preflight(files, component, member);
  }
};

TEST_F(PreflightTest, what_redis_7_0_writes_is_fit_and_so_is_nothing) {
  EXPECT_TRUE(preflight(files, component, member).empty());
  EXPECT_TRUE(with("dump.rdb", "REDIS0010\xfa").empty());
  EXPECT_TRUE(with("appendonlydir/appendonly.aof.1.base.rdb", "REDIS0009").empty());
  EXPECT_TRUE(with("appendonlydir/appendonly.aof.1.incr.aof", "*1\r\n$4\r\nPING\r\n").empty());
}

TEST_F(PreflightTest, dumps_of_a_newer_redis_are_all_refused_by_path) {
  EXPECT_EQ(with("dump.rdb", "REDIS0011").size(), 1u);
  const Errors problems = with("appendonlydir/appendonly.aof.1.base.rdb", "REDIS0012");
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[1].code, ErrorCode::preflight_refused);
  EXPECT_EQ(problems[1].where, folder / "data/appendonlydir/appendonly.aof.1.base.rdb");
  EXPECT_NE(problems[1].why.find("12"), std::string::npos);
}

TEST_F(PreflightTest, what_is_no_dump_is_left_to_redis) {
  EXPECT_TRUE(with("dump.rdb", "").empty());
  EXPECT_TRUE(with("dump.rdb", "REDISxxxx").empty());
}

}  // namespace
}  // namespace keelson::redis
