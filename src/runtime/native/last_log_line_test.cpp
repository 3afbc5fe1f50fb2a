#include "runtime/native/last_log_line.h"

#include <gtest/gtest.h>

#include "system/temporary_directory.h"

namespace keelson::native {
namespace {

TEST(LastLogLine, IsTheLastThatSaysSomethingWithoutControlCharacters) {
  TemporaryDirectory folder;
  RealFiles files;
  EXPECT_EQ(last_log_line(files, folder / "none"), "");
  const auto of = [&](const std::string& content) {
    EXPECT_TRUE(static_cast<Files&>(files).write(folder / "log", content, 0600));
    return last_log_line(files, folder / "log");
  };
  EXPECT_EQ(of(""), "");
  EXPECT_EQ(of("\n\n"), "");
  EXPECT_EQ(of("one"), "one");
  EXPECT_EQ(of("one\nFATAL: \x1b[31mtwo\r\n\n"), "FATAL:  [31mtwo");
  EXPECT_EQ(of("a\n" + std::string(1000, 'x') + "\n"), std::string(200, 'x'));
}

}  // namespace
}  // namespace keelson::native
