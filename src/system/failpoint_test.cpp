#include "system/failpoint.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "system/temporary_directory.h"

namespace keelson {
namespace {

/// How a process ends that passes two places, with `asked` in the file.
int ended(const std::string& file, const char* asked) {
  if (asked != nullptr) std::ofstream(file) << asked << "\n";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setenv(kFailpointVariable, file.c_str(), 1);
    failpoint("first");
    failpoint("second");
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(Failpoint, KillsAtTheNamedPlaceOnce) {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/die-at";
  EXPECT_EQ(ended(file, nullptr), 0);
  EXPECT_EQ(ended(file, "elsewhere"), 0);
  EXPECT_EQ(ended(file, "second"), SIGKILL);
  EXPECT_EQ(ended(file, nullptr), 0) << "the file is gone";
}

}  // namespace
}  // namespace keelson
