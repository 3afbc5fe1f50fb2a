#include "runtime/container_tools.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

using Words = std::vector<std::string>;

Instance redis() {
  Instance out;
  out.tools["redis-cli"] = {"/usr/bin/redis-cli", "-p", "6379", "--tls"};
  return out;
}

TEST(ContainerTools, an_instances_own_words_come_before_what_is_typed_so_that_those_win) {
  const auto command = tool_command(tools_text(redis()), {"/usr/local/bin/redis-cli", "-p", "7000", "ping"});
  ASSERT_TRUE(command) << describe(command.error());
  EXPECT_EQ(*command, (Words{"/usr/bin/redis-cli", "-p", "6379", "--tls", "-p", "7000", "ping"}));
}

TEST(ContainerTools, a_client_that_the_instance_does_not_have_is_named) {
  const auto command = tool_command(tools_text(redis()), {"/usr/local/bin/psql"});
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().where, "psql");
  EXPECT_FALSE(tool_command(tools_text(redis()), {}));
  EXPECT_FALSE(tool_command("{", {"redis-cli"}));
}

TEST(ContainerTools, without_words_of_the_instance_the_client_itself_is_run) {
  EXPECT_EQ(bare_client({"/usr/local/bin/redis-cli", "ping"}), (Words{"/usr/bin/redis-cli", "ping"}));
}

}  // namespace
}  // namespace keelson
