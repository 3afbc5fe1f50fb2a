#include "runtime/native/process_spec.h"

#include <gtest/gtest.h>

#include "runtime/native/agent_launch.h"
#include "runtime/native/wire.h"

namespace keelson::native {
namespace {

ProcessSpec example() {
  ProcessSpec spec;
  spec.name = "redis-1";
  spec.component = "redis";
  spec.member = "redis-1";
  spec.command = {"/opt/redis server", "--x", "a \"quoted\" $word"};
  spec.environment = {{"LANG", "C.UTF-8"}, {"HOME", "/var/lib/x=y"}};
  spec.directory = "/var/lib";
  spec.uid = 70101;
  spec.gid = 70102;
  spec.stop_signal = 2;
  spec.stop_timeout_ms = 1234;
  spec.memory_limit = 1LL << 40;
  spec.open_files = 99;
  spec.ready = {.protocol = ProbeProtocol::redis, .address = "127.77.1.5", .port = 6379, .tls = true, .server_name = "redis-1",
                .trust = TrustDomain::members, .client_certificate = true, .request = "ROLE", .expect_status = 204, .user = "probe",
                .secret = "redis/probe", .interval_ms = 700, .timeout_ms = 800, .failures = 5};
  return spec;
}

TEST(ProcessSpec, survives_the_way_over_the_socket_whole) {
  const auto back = process_spec_from_json(*parse_json(to_json(example()).dump()));
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(*back, example());
}

TEST(ProcessSpec, a_name_that_could_leave_its_directory_is_refused) {
  for (const char* name : {"", "../x", "a/b", ".", "A", "x\n"}) {
    ProcessSpec spec = example();
    spec.name = name;
    EXPECT_FALSE(process_spec_from_json(to_json(spec))) << name;
  }
}

TEST(ProcessSpec, a_program_without_an_absolute_path_is_refused) {
  ProcessSpec spec = example();
  spec.command = {"redis-server"};
  EXPECT_FALSE(process_spec_from_json(to_json(spec)));
  spec.command = {};
  EXPECT_FALSE(process_spec_from_json(to_json(spec)));
}

TEST(ProcessSpec, what_the_agent_goes_by_has_a_digest_of_its_own) {
  const std::string digest = tending_digest(example());
  ProcessSpec spec = example();
  spec.memory_limit = 7;
  EXPECT_EQ(tending_digest(spec), digest);
  spec.leadership.facts = "{\"synchronous\":false}";
  EXPECT_NE(tending_digest(spec), digest);
}

TEST(ProcessSpec, its_digest_changes_with_what_needs_a_restart_only) {
  ProcessSpec spec = example();
  const std::string digest = command_digest(spec);
  spec.ready.interval_ms = 9;
  spec.stop_timeout_ms = 9;
  EXPECT_EQ(command_digest(spec), digest);
  spec.open_files = 100;
  EXPECT_NE(command_digest(spec), digest);
}

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
