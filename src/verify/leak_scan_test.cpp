#include "verify/leak_scan.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "system/temporary_directory.h"

namespace keelson::checks {
namespace {

std::vector<NamedSecret> two() { return {{"redis/app", Secret("hunter2hunter2")}, {"redis/short", Secret("abc")}}; }

TEST(LeakScan, NamesTheSecretAndLeavesShortOnesOut) {
  EXPECT_EQ(secrets_in("abc password=hunter2hunter2 abc", two()), std::vector<std::string>{"redis/app"});
  EXPECT_TRUE(secrets_in("abc hunter2", two()).empty());
}

TEST(LeakScan, FindsASecretThatLiesAcrossTwoPieces) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/long.log";
  std::ofstream(path) << std::string((1 << 20) - 5, 'x') << "hunter2hunter2" << std::string(100, 'y');
  EXPECT_EQ(secrets_in_file(path, two()), std::vector<std::string>{"redis/app"});
}

TEST(LeakScan, AClosedDirectoryHidesWhatIsInIt) {
  const TemporaryDirectory directory;
  const std::string open = directory.path() + "/open", closed = directory.path() + "/closed";
  ASSERT_EQ(mkdir(open.c_str(), 0755), 0);
  ASSERT_EQ(mkdir(closed.c_str(), 0700), 0);
  for (const std::string& parent : {open, closed}) {
    std::ofstream(parent + "/file") << "x";
    ASSERT_EQ(chmod((parent + "/file").c_str(), 0644), 0);
  }
  std::ofstream(open + "/private") << "x";
  ASSERT_EQ(chmod((open + "/private").c_str(), 0600), 0);
  EXPECT_EQ(world_readable_files(directory.path()), std::vector<std::string>{open + "/file"});
  EXPECT_EQ(all_files(directory.path()).size(), 3U);
}

}  // namespace
}  // namespace keelson::checks
