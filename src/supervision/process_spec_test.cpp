#include "supervision/process_spec.h"

#include <gtest/gtest.h>

namespace keelson {
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

}  // namespace
}  // namespace keelson
