#include "verify/container_look.h"

#include <gtest/gtest.h>

namespace keelson::checks {
namespace {

TEST(ContainerLook, survives_its_way_out_of_the_container) {
  const ContainerLook look{.processes = {{52'000, "0000000000000000", "0000000000000000", true}}, .listeners = {{"10.77.160.2", 6379}}, .root_writable = true, .open = {"10.77.160.3:6379"}};
  const auto back = parse_look(look_json(look).dump());
  ASSERT_TRUE(back) << describe(back.error());
  ASSERT_EQ(back->processes.size(), 1U);
  EXPECT_EQ(back->processes[0].uid, 52'000);
  EXPECT_TRUE(back->processes[0].no_new_privileges);
  EXPECT_EQ(back->listeners, look.listeners);
  EXPECT_TRUE(back->root_writable);
  EXPECT_EQ(back->open, look.open);
}

TEST(ContainerLook, what_another_program_says_is_refused) {
  EXPECT_FALSE(parse_look("{}"));
  EXPECT_FALSE(parse_look("exec failed"));
}

TEST(ContainerLook, sees_this_process_alone_as_the_one_that_looks) {
  const ContainerLook look = look_around({"127.0.0.1:1", "no place"});
  EXPECT_FALSE(look.processes.empty());
  EXPECT_TRUE(look.open.empty());
}

}  // namespace
}  // namespace keelson::checks
