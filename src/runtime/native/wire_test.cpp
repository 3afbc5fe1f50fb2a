#include "runtime/native/wire.h"

#include <gtest/gtest.h>

#include "runtime/native/agent_launch.h"

namespace keelson::native {
namespace {

TEST(Wire, status_and_errors_survive_the_way_over_the_socket) {
  const ProcessStatus status{{"redis-1", Life::ready, {7, 8}, "primary", 123, 4, "fine"}, "abc"};
  const ProcessStatus back = status_from_json(*parse_json(to_json(status).dump()));
  EXPECT_EQ(back.instance.life, Life::ready);
  EXPECT_EQ(back.instance.pids, (std::vector{7, 8}));
  EXPECT_EQ(back.instance.role, "primary");
  EXPECT_EQ(back.instance.started_ms, 123);
  EXPECT_EQ(back.command_digest, "abc");
  const Error error = error_from_json(error_json({ErrorCode::locked, "what", "where", "why", "next"}));
  EXPECT_EQ(error.code, ErrorCode::locked);
  EXPECT_EQ(describe(error), describe(Error{ErrorCode::locked, "what", "where", "why", "next"}));
}

TEST(AgentArguments, survive_the_way_through_a_command_line) {
  const AgentOptions options{"/opt/keelson", "/var/lib/a b=c", "nexus", 7, "/var/lib/a b=c/agent/agent.sock", "/etc/key"};
  const auto back = parse_agent_arguments(agent_arguments(options));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->state_dir, options.state_dir);
  EXPECT_EQ(back->foundation_id, 7);
  EXPECT_EQ(back->key_file, options.key_file);
  EXPECT_FALSE(parse_agent_arguments({"--surprise=1"}));
  EXPECT_FALSE(parse_agent_arguments({"--program=keelson"}));
}

}  // namespace
}  // namespace keelson::native
