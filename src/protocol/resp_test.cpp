#include "protocol/resp.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

RespValue bulk(std::string text) { return {.kind = RespValue::Kind::bulk, .text = std::move(text)}; }

Result<std::optional<RespValue>> decode(std::string_view bytes, RespLimits limits = {}) {
  RespDecoder decoder(limits);
  decoder.feed(bytes);
  return decoder.next();
}

std::string refusal(std::string_view bytes, RespLimits limits = {}) {
  const auto value = decode(bytes, limits);
  return value ? "accepted" : value.error().why;
}

constexpr std::string_view kRole = "*3\r\n$6\r\nmaster\r\n:3129659\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n9001\r\n$7\r\n3129242\r\n";

TEST(RespDecoder, ReadsEveryKindOfValue) {
  EXPECT_EQ(**decode("+OK\r\n"), (RespValue{.kind = RespValue::Kind::simple, .text = "OK"}));
  EXPECT_EQ(**decode("-NOAUTH no\r\n"), (RespValue{.kind = RespValue::Kind::error, .text = "NOAUTH no"}));
  EXPECT_EQ(**decode(":-42\r\n"), (RespValue{.kind = RespValue::Kind::integer, .number = -42}));
  EXPECT_EQ(**decode("$4\r\na\r\nb\r\n"), bulk("a\r\nb"));
  EXPECT_EQ(**decode("$0\r\n\r\n"), bulk(""));
  EXPECT_EQ(**decode("$-1\r\n"), RespValue{});
  EXPECT_EQ(**decode("*-1\r\n"), RespValue{});
  EXPECT_EQ(**decode("*2\r\n$1\r\na\r\n$1\r\nb\r\n"), (RespValue{.kind = RespValue::Kind::array, .items = {bulk("a"), bulk("b")}}));
}

TEST(RespDecoder, GivesTheSameValueHoweverTheBytesAreCut) {
  const RespValue whole = **decode(kRole);
  for (std::size_t cut = 1; cut < kRole.size(); ++cut) {
    RespDecoder decoder;
    decoder.feed(kRole.substr(0, cut));
    const auto early = decoder.next();
    ASSERT_TRUE(early.has_value());
    ASSERT_FALSE(early->has_value()) << "whole after " << cut << " bytes";
    decoder.feed(kRole.substr(cut));
    EXPECT_EQ(**decoder.next(), whole) << cut;
  }
}

TEST(RespDecoder, ReadsByteByByte) {
  RespDecoder decoder;
  for (const char byte : kRole.substr(0, kRole.size() - 1)) {
    decoder.feed({&byte, 1});
    ASSERT_FALSE((*decoder.next()).has_value());
  }
  decoder.feed("\n");
  EXPECT_EQ((**decoder.next()).text_at(0), "master");
}

TEST(RespDecoder, KeepsTheNextReplyForLater) {
  RespDecoder decoder;
  decoder.feed("+one\r\n+two\r\n+thr");
  EXPECT_EQ((**decoder.next()).text, "one");
  EXPECT_EQ((**decoder.next()).text, "two");
  EXPECT_FALSE((*decoder.next()).has_value());
}

TEST(RespDecoder, RefusesWhatIsNotResp) {
  EXPECT_EQ(refusal("HTTP/1.1 400 Bad Request\r\n"), "a value of unknown type");
  EXPECT_EQ(refusal(":12x\r\n"), "a number is not one");
  EXPECT_EQ(refusal("+OK\rX"), "a line does not end in CR LF");
  EXPECT_EQ(refusal("$2\r\nabcd"), "a value does not end where it says");
  EXPECT_EQ(refusal("$-2\r\n"), "a length is negative");
  EXPECT_EQ(refusal("*-7\r\n"), "a length is negative");
}

TEST(RespDecoder, RefusesPromisesBeyondItsLimitsBeforeTheyCostAnything) {
  EXPECT_EQ(refusal("$99999999999\r\n"), "a value is too long");
  EXPECT_EQ(refusal("*1000000000\r\n"), "a reply has too many elements");
  EXPECT_EQ(refusal("*2\r\n*3\r\n", {.items = 4}), "a reply has too many elements");
  EXPECT_EQ(refusal("*1\r\n*1\r\n*1\r\n:1\r\n", {.depth = 2}), "arrays are nested too deeply");
  EXPECT_EQ(refusal("+" + std::string(70'000, 'a')), "a line is too long");
  EXPECT_EQ(refusal("*3\r\n$4\r\nabcd\r\n$4\r\nabcd\r\n$4\r\n", {.bytes = 16}), "a reply is too long");
}

TEST(RespDecoder, StaysInErrorOnceBroken) {
  RespDecoder decoder;
  decoder.feed("?\r\n");
  EXPECT_FALSE(decoder.next().has_value());
  decoder.feed("+OK\r\n");
  EXPECT_FALSE(decoder.next().has_value());
}

TEST(RespValue, FindsAValueByTheNameBeforeIt) {
  const RespValue reply = **decode("*4\r\n$9\r\nmaxmemory\r\n$3\r\n100\r\n$1\r\na\r\n$9\r\nmaxmemory\r\n");
  EXPECT_EQ(reply.value_of("maxmemory"), "100");
  EXPECT_EQ(reply.value_of("100"), std::nullopt) << "values are not names";
}

TEST(EncodeCommand, CountsBytesSoThatArgumentsMayHoldAnything) {
  EXPECT_EQ(encode_command({"SET", "k", "a\r\n$"}), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\n$\r\n");
}

}  // namespace
}  // namespace keelson
