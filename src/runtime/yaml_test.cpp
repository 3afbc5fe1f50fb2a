#include "runtime/yaml.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

std::string text(const std::string& value) { return yaml_text(Json::object().set("key", value)); }

TEST(Yaml, only_words_that_mean_nothing_else_stand_bare) {
  EXPECT_EQ(text("redis-1"), "key: redis-1\n");
  EXPECT_EQ(text("/keelson/data"), "key: /keelson/data\n");
  for (const std::string other : {"no", "Yes", "on", "null", "0o17", "1e3", "22", "10.77.0.1", "", "~", "- x", "a: b", "#", "a b", "x:y"})
    EXPECT_EQ(text(other), "key: \"" + other + "\"\n");
  EXPECT_EQ(text(" \"x\"\n"), "key: \" \\\"x\\\"\\n\"\n");
}

TEST(Yaml, text_of_several_lines_is_a_block_where_that_gives_it_back) {
  EXPECT_EQ(text("port 6379\n\n  # \"x\": y\n"), "key: |\n  port 6379\n\n    # \"x\": y\n");
  EXPECT_EQ(text("a\nb"), "key: |-\n  a\n  b\n");
  for (const std::string other : {" a\nb\n", "\ta\nb\n", "\na\n", "a\n\n", "a\n  \nb\n", "a\r\nb\n", "a\n \n", "a\n  ", "\xC3\xA4\nb\n", "\n", "a\x01\nb"})
    EXPECT_EQ(text(other), "key: " + Json(other).dump() + "\n");
}

TEST(Yaml, nests_by_two_spaces_and_keeps_short_lists_in_a_line) {
  const Json value = Json::object()
                         .set("a", Json::object().set("list", Json::array().push("x").push(1)).set("none", Json::array()).set("empty", Json::object()))
                         .set("b", Json::array().push(Json::object().set("source", "s").set("target", "t")).push(Json::object()));
  EXPECT_EQ(yaml_text(value), "a:\n  list: [x, 1]\n  none: []\n  empty: {}\nb:\n  - source: s\n    target: t\n  - {}\n");
}

}  // namespace
}  // namespace keelson
