#include "system/commands.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

namespace keelson {
namespace {

RealCommands real;
Commands& commands = real;

TEST(Commands, gives_both_streams_and_the_exit_code) {
  const auto ran = commands.run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status, 3);
  EXPECT_EQ(ran->out, "out\n");
  EXPECT_EQ(ran->err, "err\n");
}

TEST(Commands, a_signal_is_told_as_128_and_its_number) {
  EXPECT_EQ(commands.run({"sh", "-c", "kill -KILL $$"})->status, 128 + 9);
}

TEST(Commands, no_shell_reads_the_arguments) {
  EXPECT_EQ(commands.run({"printf", "%s", "$HOME; rm *"})->out, "$HOME; rm *");
}

TEST(Commands, input_reaches_the_program_and_one_that_does_not_read_it_harms_nobody) {
  EXPECT_EQ(commands.run({"cat"}, {.input = std::string(200'000, 'x')})->out.size(), 200'000u);
  EXPECT_EQ(commands.run({"true"}, {.input = std::string(200'000, 'x')})->status, 0);
  EXPECT_EQ(commands.run({"cat"})->out, "");
}

TEST(Commands, the_environment_is_the_one_given_and_nothing_else) {
  ::setenv("KEELSON_LEAK", "yes", 1);
  EXPECT_EQ(commands.run({"env"}, {.environment = {{"A", "b c"}}})->out, "A=b c\n");
  EXPECT_EQ(commands.run({"env"})->out, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C.UTF-8\n");
}

TEST(Commands, starts_in_the_directory_asked_for) {
  EXPECT_EQ(commands.run({"pwd"}, {.directory = "/usr"})->out, "/usr\n");
  const auto nowhere = commands.run({"pwd"}, {.directory = "/no/such/place"});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().what, "cannot enter the directory of the program");
}

TEST(Commands, a_program_that_is_not_there_is_an_error) {
  EXPECT_FALSE(commands.run({"keelson-no-such-program"}));
  const auto missing = commands.run({"/no/such/program"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().what, "cannot execute the program");
}

TEST(Commands, a_timeout_kills_the_grandchildren_too) {
  // The grandchild is in the same group; its pid comes through on_line before the deadline.
  pid_t grandchild = 0;
  CommandOptions options;
  options.timeout_ms = 300;
  options.on_line = [&](const std::string& line) { grandchild = std::stoi(line); };
  const auto ran = commands.run({"sh", "-c", "sleep 1000 & echo $!; wait"}, options);
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().what, "did not end within 0.3 s");
  ASSERT_GT(grandchild, 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const std::string stat = "/proc/" + std::to_string(grandchild) + "/stat";
  bool alive = true;
  while (alive && std::chrono::steady_clock::now() < deadline) {
    char text[256] = {};
    const int fd = ::open(stat.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) break;
    const auto n = ::read(fd, text, sizeof text - 1);
    ::close(fd);
    // A zombie nobody has reaped yet is dead as well.
    alive = n > 0 && std::string(text).find(") Z ") == std::string::npos;
  }
  EXPECT_TRUE(!alive || ::access(stat.c_str(), F_OK) != 0);
}

TEST(Commands, a_daemon_left_behind_does_not_hold_the_caller) {
  const auto start = std::chrono::steady_clock::now();
  const auto ran = commands.run({"sh", "-c", "sleep 4 & echo done"});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->out, "done\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
}

TEST(Commands, lines_come_while_the_program_runs_and_the_last_needs_no_newline) {
  std::vector<std::string> lines;
  CommandOptions options;
  options.on_line = [&](const std::string& line) { lines.push_back(line); };
  ASSERT_TRUE(commands.run({"printf", "one\ntwo\n\nlast"}, options));
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "", "last"}));
}

TEST(Commands, endless_output_is_stopped_at_the_limit) {
  const auto ran = commands.run({"cat", "/dev/zero"}, {.output_limit = 100'000});
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().what, "printed more than 100000 bytes");
}

TEST(Commands, no_descriptor_of_ours_is_inherited) {
  const int leak = ::open("/dev/null", O_RDONLY);  // deliberately without O_CLOEXEC
  const auto ran = commands.run({"ls", "/proc/self/fd"});
  ::close(leak);
  EXPECT_EQ(ran->out, "0\n1\n2\n3\n");  // 3 is ls's own, on the directory
}

TEST(Commands, runs_as_another_user_without_our_groups) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(commands.run({"sh", "-c", "id -u; id -G"}, {.uid = 12345, .gid = 23456})->out, "12345\n23456\n");
}

}  // namespace
}  // namespace keelson
