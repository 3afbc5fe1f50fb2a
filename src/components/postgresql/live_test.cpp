#include "components/postgresql/live.h"

#include <gtest/gtest.h>

namespace keelson::postgresql {
namespace {

Json parsed(std::string_view text) { return *parse_json(text); }

TEST(PostgresqlLive, EqualConfigurationsDoNotDiffer) {
  const Json config = parsed(R"({"ttl":30,"postgresql":{"parameters":{"max_connections":"200"}}})");
  EXPECT_TRUE(dynamic_differences(config, config).empty());
}

TEST(PostgresqlLive, ANumberAndItsTextAreTheSameValue) {
  EXPECT_TRUE(dynamic_differences(parsed(R"({"max_connections":"200"})"), parsed(R"({"max_connections":200})")).empty());
}

TEST(PostgresqlLive, AChangeByHandIsNamedByItsPath) {
  const auto found = dynamic_differences(parsed(R"({"postgresql":{"parameters":{"max_connections":"200"}}})"),
                                         parsed(R"({"postgresql":{"parameters":{"max_connections":"300"}}})"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].name, "dcs/postgresql/parameters/max_connections");
  EXPECT_EQ(found[0].wanted, "200");
  EXPECT_EQ(found[0].actual, "300");
}

TEST(PostgresqlLive, WhatNobodyWantsIsADifferenceAndItsPatchRemovesIt) {
  const Json wanted = parsed(R"({"ttl":30})");
  const auto found = dynamic_differences(wanted, parsed(R"({"ttl":30,"pause":true})"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].wanted, kUnset);
  EXPECT_EQ(dynamic_patch(wanted, found[0].name).dump(), R"({"pause":null})");
}

TEST(PostgresqlLive, APatchTouchesOneKeyOnly) {
  const Json wanted = parsed(R"({"ttl":30,"postgresql":{"use_slots":false,"parameters":{"a.b":"1","c":"2"}}})");
  EXPECT_EQ(dynamic_patch(wanted, "dcs/postgresql/parameters/a.b").dump(), R"({"postgresql":{"parameters":{"a.b":"1"}}})");
  EXPECT_EQ(dynamic_patch(wanted, "dcs/ttl").dump(), R"({"ttl":30})");
}

}  // namespace
}  // namespace keelson::postgresql
