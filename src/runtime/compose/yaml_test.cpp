#include "runtime/compose/yaml.h"

#include <gtest/gtest.h>

namespace keelson::compose {
namespace {

std::string text(const std::string& value) { return yaml_text(Json::object().set("key", value)); }

TEST(Yaml, only_words_that_mean_nothing_else_stand_bare) {
  EXPECT_EQ(text("redis-1"), "key: redis-1\n");
  EXPECT_EQ(text("/keelson/data"), "key: /keelson/data\n");
  for (const std::string other : {"no", "Yes", "on", "null", "0o17", "1e3", "22", "10.77.0.1", "", "~", "- x", "a: b", "#", "a b", "x:y"})
    EXPECT_EQ(text(other), "key: \"" + other + "\"\n");
  EXPECT_EQ(text("say \"x\"\n"), "key: \"say \\\"x\\\"\\n\"\n");
}

TEST(Yaml, nests_by_two_spaces_and_keeps_short_lists_in_a_line) {
  const Json value = Json::object()
                         .set("a", Json::object().set("list", Json::array().push("x").push(1)).set("none", Json::array()).set("empty", Json::object()))
                         .set("b", Json::array().push(Json::object().set("source", "s").set("target", "t")));
  EXPECT_EQ(yaml_text(value), "a:\n  list: [x, 1]\n  none: []\n  empty: {}\nb:\n  - source: s\n    target: t\n");
}

}  // namespace
}  // namespace keelson::compose
