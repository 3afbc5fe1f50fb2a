#include "runtime/container/strike.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "system/temporary_directory.h"

namespace keelson::container {
namespace {

/// A /proc of its own: who is in the container.
void add(const std::string& proc, int pid, const std::string& cgroup) {
  const std::string folder = proc + "/" + std::to_string(pid);
  ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
  std::ofstream(folder + "/stat") << pid << " (x) S 1 1 1 0 -1 4194560\n";
  std::ofstream(folder + "/cgroup") << cgroup << "\n";
}

TEST(Strike, WhereTheEngineIsTheFirstProcessNothingIsKilledAndItIsSaid) {
  const TemporaryDirectory proc("/tmp");
  add(proc.path(), 1, "0::/a");
  const auto struck = strike(proc.path(), {});
  ASSERT_FALSE(struck);
  EXPECT_EQ(struck.error().code, ErrorCode::not_supported);
}

/// A process that does nothing until it is killed.
pid_t idle() {
  const pid_t child = ::fork();
  if (child == 0)
    for (;;) ::pause();
  return child;
}

TEST(Strike, EndsTheContainersOwnAndNeitherItselfNorAnotherContainers) {
  const TemporaryDirectory proc("/tmp");
  const pid_t own = idle(), other = idle();
  add(proc.path(), 1, "0::/a");
  add(proc.path(), ::getpid(), "0::/a");
  add(proc.path(), own, "0::/a");
  add(proc.path(), other, "0::/b");
  const auto struck = strike(proc.path(), {});
  ASSERT_TRUE(struck) << describe(struck.error());
  EXPECT_EQ(*struck, 1);
  int status = 0;
  EXPECT_EQ(::waitpid(own, &status, 0), own);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(::waitpid(other, &status, WNOHANG), 0) << "it lives";
  ::kill(other, SIGKILL);
  ::waitpid(other, &status, 0);
}

}  // namespace
}  // namespace keelson::container
