#include <gtest/gtest.h>

#include "supervision/prober.h"

namespace keelson {
namespace {

const Probe kHttp{.protocol = ProbeProtocol::http, .request = "/patroni"};
const Probe kRole{.protocol = ProbeProtocol::redis, .request = "ROLE"};
const Probe kPing{.protocol = ProbeProtocol::redis, .request = "PING"};

RespValue parsed(std::string_view bytes) {
  RespDecoder decoder;
  decoder.feed(bytes);
  return **decoder.next();
}

TEST(HttpVerdict, patronis_body_names_the_role) {
  for (const char* role : {"master", "primary"}) {
    const auto result = judge_http(kHttp, {200, std::string(R"({"state": "running", "role": ")") + role + "\"}"});
    EXPECT_TRUE(result.ok);
    EXPECT_EQ(result.role, "primary");
  }
  EXPECT_EQ(judge_http(kHttp, {200, R"({"state": "streaming", "role": "replica"})"}).role, "replica");
  EXPECT_EQ(judge_http(kHttp, {200, R"({"state": "running", "role": "standby_leader"})"}).role, "replica");
}

TEST(HttpVerdict, another_status_is_not_ready_and_says_the_state) {
  const auto result = judge_http(kHttp, {503, R"({"state": "starting", "role": "replica"})"});
  EXPECT_FALSE(result.ok);
  EXPECT_EQ(result.detail, "/patroni answers 503, state starting");
}

TEST(HttpVerdict, a_body_that_is_no_json_has_no_role) {
  EXPECT_EQ(judge_http(kHttp, {200, "OK\n"}), (ProbeResult{true, "", ""}));
}

TEST(PgbouncerVerdict, only_who_takes_sessions_over_tls_is_ready) {
  EXPECT_TRUE(judge_pgbouncer("S").ok);
  EXPECT_EQ(judge_pgbouncer("N").detail, "TLS is refused");
  EXPECT_EQ(judge_pgbouncer("").detail, "the connection was closed");
}

TEST(RedisVerdict, role_of_a_master_is_primary) {
  EXPECT_EQ(judge_redis(kRole, parsed("*3\r\n$6\r\nmaster\r\n:3129659\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n9001\r\n$7\r\n3129242\r\n")),
            (ProbeResult{true, "primary", ""}));
}

TEST(RedisVerdict, a_replica_is_ready_only_with_its_link) {
  EXPECT_EQ(judge_redis(kRole, parsed("*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:9000\r\n$9\r\nconnected\r\n:3167038\r\n")),
            (ProbeResult{true, "replica", ""}));
  const auto linkless = judge_redis(kRole, parsed("*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:9000\r\n$4\r\nsync\r\n:-1\r\n"));
  EXPECT_FALSE(linkless.ok);
  EXPECT_NE(linkless.detail.find("\"sync\""), std::string::npos);
}

TEST(RedisVerdict, an_error_is_not_ready) {
  const auto loading = judge_redis(kRole, parsed("-LOADING Redis is loading the dataset in memory\r\n"));
  EXPECT_FALSE(loading.ok);
  EXPECT_NE(loading.detail.find("LOADING"), std::string::npos);
}

TEST(RedisVerdict, a_sentinel_answers_ping) {
  EXPECT_TRUE(judge_redis(kPing, parsed("+PONG\r\n")).ok);
  EXPECT_FALSE(judge_redis(kPing, parsed("+OK\r\n")).ok);
}

}  // namespace
}  // namespace keelson
