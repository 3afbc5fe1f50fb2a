#include "base/encoding.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(Encoding, HexHasTwoDigitsForEveryByte) { EXPECT_EQ(hex(std::string("\0\x0f\xff z", 5)), "000fff207a"); }

TEST(Encoding, OnlyUnreservedCharactersStayAsTheyAre) {
  EXPECT_EQ(percent_encoded("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encoded("app=shop,a/b 1:2.3+4\xe2"), "app%3Dshop%2Ca%2Fb%201%3A2.3%2B4%E2");
}

TEST(Encoding, AMapOfStringsComesBackAsItWas) {
  const std::map<std::string, std::string> map{{"a", "1"}, {"b", ""}};
  EXPECT_EQ(string_map_from(string_map_json(map)), map);
}

}  // namespace
}  // namespace keelson
