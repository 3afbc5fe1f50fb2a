#include "blueprint/plain_scalar.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(PlainScalar, OfAnotherTypeInAnyYamlIsNotText) {
  for (const char* plain : {"no", "NO", "off", "y", "true", "False", "~", "null", "15", "-3", "+3", "1.5", ".5", "5.", "1e3", "1E-3", "0o17", "010", "0x1F",
                            "0b101", "1_000", "1_000.5", ".inf", "-.INF", ".nan", "22:30", "190:20:30", "1:30.5", "2024-05-01", "2024-5-1",
                            "2024-05-01T10:00:00Z"})
    EXPECT_FALSE(other_reading(plain).empty()) << plain;
}

TEST(PlainScalar, ThatEveryYamlReadsAsTextIsText) {
  for (const char* plain : {"nope", "one", "on-site", "127.0.0.1", "127.0.0.1:5432", "5432:5432", "1.25.3", "512Mi", "30s", "e3", "0o", "0x", "0b2", "_1",
                            "1e", "1e+", "-", "+", ".", "..", "a:b", "22:75", "22:", ":30", "2024-", "2024-05", "2024-05-01x", "infinity", "nano", "1-2"})
    EXPECT_TRUE(other_reading(plain).empty()) << plain;
}

TEST(PlainScalar, OfPlainDigitsIsNoSurprise) {
  for (const char* plain : {"0", "3", "1000", "true", "false", "text"}) EXPECT_FALSE(surprises(plain)) << plain;
  for (const char* plain : {"010", "0o17", "1e3", "1_0", "22:30", "no", "True", "1.0", "+3"}) EXPECT_TRUE(surprises(plain)) << plain;
}

}  // namespace
}  // namespace keelson
