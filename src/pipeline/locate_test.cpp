#include "pipeline/locate.h"

#include <gtest/gtest.h>

#include "system/temporary_directory.h"

namespace keelson {
namespace {

class AppliedTest : public ::testing::Test {
 protected:
  void write(const std::string& text) { ASSERT_TRUE(files_.write(dir_ / "applied.json", text, 0600)); }
  TemporaryDirectory dir_;
  RealFiles real_;
  Files& files_ = real_;
};

TEST_F(AppliedTest, is_read_as_it_was_written) {
  write(applied_text({{{"keelson.yaml", "foundation: demo\n"}}, "laptop", "compose", {"OCPE:NSMN", "unix:///var/run/docker.sock"}}));
  const auto applied = read_applied(files_, dir_.path());
  ASSERT_TRUE(applied) << describe(applied.error());
  EXPECT_EQ(applied->sources.at(0).text, "foundation: demo\n");
  EXPECT_EQ(applied->profile, "laptop");
  EXPECT_EQ(applied->runtime, "compose");
  EXPECT_EQ(applied->stands_on.id, "OCPE:NSMN");
  EXPECT_EQ(applied->stands_on.place, "unix:///var/run/docker.sock");
}

TEST_F(AppliedTest, of_an_earlier_keelson_is_native_and_stands_on_nothing) {
  write(R"({"schema": "keelson.applied/v1", "profile": "", "sources": []})");
  const auto applied = read_applied(files_, dir_.path());
  ASSERT_TRUE(applied) << describe(applied.error());
  EXPECT_EQ(applied->runtime, "native");
  EXPECT_EQ(applied->stands_on.id, "");
}

TEST_F(AppliedTest, that_is_not_there_is_told_from_one_that_is_damaged) {
  const auto none = find_applied(files_, dir_.path());
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_EQ(read_applied(files_, dir_.path()).error().code, ErrorCode::not_running);
  for (const char* text : {"", "{\"schema\": \"keelson.app", "{}", "[]"}) {
    write(text);
    const auto applied = find_applied(files_, dir_.path());
    ASSERT_FALSE(applied) << text;
    EXPECT_EQ(applied.error().code, ErrorCode::failed);
    EXPECT_NE(applied.error().next, "");
  }
}

}  // namespace
}  // namespace keelson
