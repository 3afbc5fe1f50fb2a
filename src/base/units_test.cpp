#include "base/units.h"

#include <gtest/gtest.h>

#include <array>

namespace keelson {
namespace {

TEST(Units, ReadsSizesOfBothFamilies) {
  EXPECT_EQ(parse_bytes("512Mi"), 536870912);
  EXPECT_EQ(parse_bytes("1G"), 1000000000);
  EXPECT_EQ(parse_bytes("4096"), 4096);
}

TEST(Units, RefusesSignsFractionsSpacesAndOverflow) {
  for (const char* text : {"", "Mi", "-1", "1.5Gi", "1 Gi", "1e3", "1gi", "99999999999999999999", "9000000Ti"})
    EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(Units, WritesTheShortestExactForm) {
  EXPECT_EQ(format_bytes(536870912), "512Mi");
  EXPECT_EQ(format_bytes(1500), "1500");
  EXPECT_EQ(format_duration_ms(90'000), "90s");
  EXPECT_EQ(format_duration_ms(1'500), "1500ms");
  EXPECT_EQ(format_duration_ms(86'400'000), "1d");
}

TEST(Units, KnowsADnsLabel) {
  EXPECT_TRUE(is_dns_label("redis-1"));
  for (const std::string& text : {std::string(), std::string("-a"), std::string("a-"), std::string("A"), std::string("a.b"), std::string(64, 'a')})
    EXPECT_FALSE(is_dns_label(text)) << text;
  EXPECT_TRUE(is_dns_name("a.b-c.d"));
  EXPECT_FALSE(is_dns_name("a..b"));
}

TEST(Units, SuggestsOnlyWhatIsNear) {
  const std::array<std::string_view, 3> known{"members", "memory", "storage"};
  EXPECT_EQ(nearest("membrs", known), "members");
  EXPECT_EQ(nearest("memroy", known), "memory");
  EXPECT_EQ(nearest("colour", known), "");
}

}  // namespace
}  // namespace keelson
