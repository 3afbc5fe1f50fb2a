#include "supervision/http_message.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

std::optional<HttpReply> parse(std::string_view text) {
  HttpReplyParser parser;
  const auto reply = parser.feed(text);
  return reply ? *reply : std::nullopt;
}

TEST(HttpReplyParser, reads_a_body_of_known_length) {
  const auto reply = parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "hello");
  EXPECT_TRUE(reply->keep_alive);
}

TEST(HttpReplyParser, reads_a_chunked_body_however_it_is_cut) {
  const std::string text = "HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
  HttpReplyParser parser;
  std::optional<HttpReply> reply;
  for (std::size_t i = 0; i < text.size(); ++i) {
    ASSERT_FALSE(reply) << i;
    auto fed = parser.feed(text.substr(i, 1));
    ASSERT_TRUE(fed);
    reply = std::move(*fed);
  }
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(reply->body, "abcde");
}

TEST(HttpReplyParser, a_body_without_length_ends_with_the_connection) {
  HttpReplyParser parser;
  ASSERT_TRUE(parser.feed("HTTP/1.0 200 OK\r\n\r\nall of it"));
  const auto reply = parser.end();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->body, "all of it");
  EXPECT_FALSE(reply->keep_alive);
}

TEST(HttpReplyParser, the_next_reply_on_a_kept_connection_is_read_too) {
  HttpReplyParser parser;
  ASSERT_TRUE(*parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
  const auto second = parser.feed("HTTP/1.1 404 X\r\nContent-Length: 1\r\nConnection: close\r\n\r\nb");
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->status, 404);
  EXPECT_FALSE((*second)->keep_alive);
}

TEST(HttpReplyParser, an_interim_reply_is_passed_over) {
  const auto reply = parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 204);
}

TEST(HttpReplyParser, refuses_what_is_no_http_or_too_much) {
  EXPECT_FALSE(HttpReplyParser().feed("SSH-2.0-OpenSSH\r\n\r\n"));
  EXPECT_FALSE(HttpReplyParser().feed("HTTP/1.1 abc X\r\n\r\n"));
  EXPECT_FALSE(HttpReplyParser().feed("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"));
  EXPECT_FALSE(HttpReplyParser().feed("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"));
  EXPECT_FALSE(HttpReplyParser().feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n"));
  EXPECT_FALSE(HttpReplyParser().feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"));
  EXPECT_FALSE(HttpReplyParser(16).feed(std::string(17, 'x')));
}

TEST(HttpReplyParser, an_end_in_the_middle_is_an_error) {
  HttpReplyParser parser;
  ASSERT_TRUE(parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal"));
  EXPECT_FALSE(parser.end());
}

}  // namespace
}  // namespace keelson
