#include "system/digest.h"

#include <gtest/gtest.h>

#include "system/clock.h"
#include "system/random.h"

namespace keelson {
namespace {

TEST(Digest, knows_the_published_sha256_of_abc) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abc").size(), 32u);
}

TEST(Digest, knows_the_hmac_of_rfc4231_case_2) {
  EXPECT_EQ(base64(hmac_sha256("Jefe", "what do ya want for nothing?")), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

TEST(Digest, base64_gives_back_any_bytes) {
  for (const std::string& data : {std::string("f"), std::string("fo"), std::string("foo"), std::string("\0\xff\n=", 4)}) {
    EXPECT_EQ(base64_decode(base64(data)), data);
  }
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64(""), "");
}

TEST(Digest, base64_refuses_what_is_not_base64) {
  for (const char* text : {"Zg=", "Zg", "Z g=", "Zm9v\n", "====", "Z===", "!!!!"}) EXPECT_EQ(base64_decode(text), "") << text;
}

TEST(Clock, writes_rfc3339_in_utc_with_milliseconds) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(951782399007), "2000-02-28T23:59:59.007Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Clock, monotonic_time_never_goes_back) {
  const RealClock clock;
  const auto first = clock.monotonic_us();
  EXPECT_GE(clock.monotonic_us(), first);
  EXPECT_GT(clock.wall_ms(), 1'600'000'000'000);
}

class CountingRandom : public Random {
 public:
  std::string bytes(std::size_t count) override {
    std::string data;
    for (std::size_t i = 0; i < count; ++i) data += static_cast<char>(next_++);
    return data;
  }
  unsigned char next_ = 240;
};

TEST(Random, a_password_skips_bytes_that_would_make_some_letters_likelier) {
  CountingRandom random;  // 240..247 give the last letters of the alphabet, 248..255 nothing, then 0 gives A
  EXPECT_EQ(random.password(10).reveal(), "23456789AB");
}

TEST(Random, passwords_have_their_length_and_differ) {
  RealRandom random;
  const Secret one = random.password(32), two = random.password(32);
  EXPECT_EQ(one.reveal().size(), 32u);
  EXPECT_NE(one.reveal(), two.reveal());
}

}  // namespace
}  // namespace keelson
