#include "base/json.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(Json, KeepsTheOrderOfMembersAndReplacesInPlace) {
  Json json = Json::object().set("b", 1).set("a", 2);
  json.set("b", 3);
  EXPECT_EQ(json.dump(), R"({"b":3,"a":2})");
}

TEST(Json, EscapesWhatMustBeEscapedAndRepairsInvalidUtf8) {
  EXPECT_EQ(Json("a\"\\\n\x01").dump(), R"("a\"\\\n\u0001")");
  EXPECT_EQ(Json("\xC3(").dump(), "\"\xEF\xBF\xBD(\"");
  EXPECT_EQ(Json("gr\xC3\xBC\xC3\x9F").dump(), "\"gr\xC3\xBC\xC3\x9F\"");
}

TEST(Json, WritesNumbersThatReadBackTheSame) {
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(std::int64_t{INT64_MIN}).dump(), "-9223372036854775808");
  const double third = 1.0 / 3;
  EXPECT_EQ(parse_json(Json(third).dump())->as_double(), third);
}

TEST(Json, ParsesWhatItWrote) {
  const std::string text = R"({"a":[1,-2,3.5,true,null,"x"],"b":{"c":[]}})";
  const auto json = parse_json(text);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->dump(), text);
  EXPECT_EQ((*json)["b"]["c"].items().size(), 0u);
  EXPECT_EQ((*json)["nothing"]["there"].as_int(7), 7);
}

TEST(Json, RefusesDepthAndGarbageWithoutShowingTheText) {
  EXPECT_FALSE(parse_json(std::string(100'000, '[')));
  const auto bad = parse_json(R"({"password":"hunter2" oops})");
  ASSERT_FALSE(bad);
  EXPECT_EQ(describe(bad.error()).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace keelson
