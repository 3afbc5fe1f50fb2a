#include "runtime/compose/engine.h"

#include <gmock/gmock.h>

namespace keelson::compose {
namespace {

using ::testing::HasSubstr;

const ThisMachine kHere{"here", "6.1.0-37-amd64"};

Engine engine_here() { return {"ONE", "here", "6.1.0-37-amd64", "Debian GNU/Linux 12 (bookworm)", "unix:///var/run/docker.sock"}; }

TEST(Engine, is_read_from_what_it_tells) {
  // As Docker 20.10.24 answers, shortened.
  const auto engine = parse_engine(R"x({"ID":"OCPE:NSMN","Containers":0,"KernelVersion":"6.1.0-37-amd64","OperatingSystem":"Debian GNU/Linux 12 (bookworm)","Name":"here"})x");
  ASSERT_TRUE(engine) << describe(engine.error());
  EXPECT_EQ(engine->id, "OCPE:NSMN");
  EXPECT_EQ(engine->machine, "here");
  EXPECT_EQ(engine->kernel, "6.1.0-37-amd64");
}

TEST(Engine, that_does_not_answer_is_refused_in_the_clients_words) {
  // The client ends with 0, all the same.
  const auto engine = parse_engine(R"({"ID":"","ServerErrors":["Cannot connect to the Docker daemon at unix:///nowhere. Is the docker daemon running?"]})");
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::preflight_refused);
  EXPECT_THAT(engine.error().why, HasSubstr("unix:///nowhere"));
}

TEST(Engine, of_this_machine_is_taken_by_socket_and_by_loopback) {
  Engine engine = engine_here();
  EXPECT_TRUE(must_be_here(engine, kHere));
  engine.place = "tcp://127.0.0.1:2375";
  EXPECT_TRUE(must_be_here(engine, kHere));
}

TEST(Engine, elsewhere_is_refused_however_it_is_reached) {
  Engine by_ssh = engine_here(), by_tcp = engine_here(), by_tunnel = engine_here(), virtual_machine = engine_here();
  by_ssh.place = "ssh://here";
  by_tcp.place = "tcp://192.0.2.7:2376";
  by_tunnel.machine = "there";
  virtual_machine.kernel = "6.10.14-linuxkit";
  for (const Engine& engine : {by_ssh, by_tcp, by_tunnel, virtual_machine}) {
    const auto refused = must_be_here(engine, kHere);
    ASSERT_FALSE(refused) << engine.place;
    EXPECT_EQ(refused.error().code, ErrorCode::preflight_refused);
    EXPECT_THAT(refused.error().why, HasSubstr("find no files of this machine"));
  }
}

TEST(Engine, other_than_the_one_it_stands_on_is_refused_and_both_are_named) {
  Engine other = engine_here();
  other.id = "TWO";
  const auto refused = must_be_the_same(engine_here(), other, "/state/shop");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::preflight_refused);
  EXPECT_THAT(refused.error().where, HasSubstr("TWO"));
  EXPECT_THAT(refused.error().why, HasSubstr("ONE"));
  EXPECT_THAT(refused.error().next, HasSubstr("DOCKER_HOST=unix:///var/run/docker.sock"));
}

TEST(Engine, any_will_do_for_what_stands_on_none) {
  EXPECT_TRUE(must_be_the_same({}, engine_here(), "/state/shop"));
  EXPECT_TRUE(must_be_the_same(engine_here(), engine_here(), "/state/shop"));
}

}  // namespace
}  // namespace keelson::compose
