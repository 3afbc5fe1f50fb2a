#include "protocol/tls_client.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(Deadline, TakesTheEarlierOfTwo) {
  const Deadline far = Deadline::in_ms(1'000'000);
  EXPECT_LE(far.at_most(500).remaining_ms(), 500);
  EXPECT_GT(Deadline::in_ms(60'000).at_most(1'000'000).remaining_ms(), 0);
  EXPECT_LE(Deadline::in_ms(60'000).at_most(1'000'000).remaining_ms(), 60'000);
}

TEST(Deadline, IsNeverNegative) {
  EXPECT_EQ(Deadline::in_ms(-5).remaining_ms(), 0);
  EXPECT_TRUE(Deadline::in_ms(-5).passed());
}

TEST(TlsClient, SaysWhichTrustFileIsMissingBeforeItConnects) {
  const Dial dial{.address = "127.0.0.1", .port = 1, .trust_file = "/nonexistent/trust.crt"};
  const auto client = TlsClient::connect(dial, Deadline::in_ms(1000));
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().where, "/nonexistent/trust.crt");
}

}  // namespace
}  // namespace keelson
