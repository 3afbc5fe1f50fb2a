#include "verify/plaintext.h"

#include <gtest/gtest.h>

namespace keelson::checks {
namespace {

using namespace std::string_view_literals;

TEST(Plaintext, RedisAnswersAreConversations) {
  EXPECT_EQ(plaintext_fault("+PONG\r\n"), "obeys a Redis command");
  EXPECT_EQ(plaintext_fault("-NOAUTH Authentication required.\r\n"), "answers a Redis command");
}

TEST(Plaintext, HttpIsAConversationUnlessItSaysThatThePortIsTls) {
  EXPECT_EQ(plaintext_fault("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), "");
  EXPECT_EQ(plaintext_fault("HTTP/1.1 200 OK\r\n"), "answers HTTP 200");
  EXPECT_EQ(plaintext_fault("HTTP/1.1 401 Unauthorized\r\n"), "answers HTTP 401");
}

TEST(Plaintext, PostgresqlThatAsksForAPasswordIsAConversationAndAnErrorIsNot) {
  EXPECT_EQ(plaintext_fault("R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"sv), "would take a PostgreSQL login");
  EXPECT_EQ(plaintext_fault("E\0\0\0\x50SFATAL\0"sv), "");
}

TEST(Plaintext, SilenceAndATlsAlertAreRefusals) {
  EXPECT_EQ(plaintext_fault(""), "");
  EXPECT_EQ(plaintext_fault("\x15\x03\x01\0\x02\x02\x46"sv), "");
}

TEST(Plaintext, TheStartupMessageSaysItsOwnLength) {
  const std::string_view startup = kGreetings[2].bytes;
  ASSERT_GE(startup.size(), 4U);
  EXPECT_EQ(static_cast<std::size_t>(startup[3]), startup.size());
  EXPECT_EQ(kSslRequest.size(), 8U);
}

}  // namespace
}  // namespace keelson::checks
