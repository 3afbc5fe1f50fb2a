#include "components/postgresql/test_foundation.h"
#include "components/postgresql/verbs.h"
#include "system/files.h"
#include "system/temporary_directory.h"

namespace keelson::postgresql {
namespace {

struct PreflightTest : testing::Test {
  TemporaryDirectory folder;
  RealFiles real;
  Files& files = real;
  FakeLayout layout;
  Foundation foundation = foundation_of(settings_of());
  Component& component = foundation.components.front();
  Member& member = component.members.front();

  void SetUp() override {
    layout.root = folder.path();
    member.instances.front().place = layout.place("postgresql", member.name);
  }
  Errors with_version(const std::string& content) {
    EXPECT_TRUE(files.make_directory(member.instances.front().place.data + "/pgdata", 0700));
    EXPECT_TRUE(files.write(member.instances.front().place.data + "/pgdata/PG_VERSION", content, 0600));
    return preflight(files, component, member);
  }
};

TEST_F(PreflightTest, data_of_its_own_version_and_none_at_all_are_fit) {
  EXPECT_TRUE(preflight(files, component, member).empty());
  EXPECT_TRUE(with_version("15\n").empty());
}

TEST_F(PreflightTest, data_of_another_version_is_refused_and_both_are_named) {
  for (const std::string version : {"14", "16", "9.6"}) {
    const Errors problems = with_version(version + "\n");
    ASSERT_EQ(problems.size(), 1u) << version;
    EXPECT_EQ(problems[0].code, ErrorCode::preflight_refused);
    EXPECT_NE(problems[0].what.find("PostgreSQL " + version), std::string::npos);
    EXPECT_NE(problems[0].why.find("PostgreSQL 15"), std::string::npos);
  }
}

TEST_F(PreflightTest, a_version_file_that_says_nothing_is_refused) {
  EXPECT_EQ(with_version("").size(), 1u);
  EXPECT_EQ(with_version(std::string(1000, 'x')).size(), 1u);
}

TEST_F(PreflightTest, a_version_file_that_is_a_link_is_not_read) {
  ASSERT_TRUE(with_version("15\n").empty());
  const std::string path = member.instances.front().place.data + "/pgdata/PG_VERSION";
  ASSERT_TRUE(files.rename(path, folder / "elsewhere"));
  ASSERT_EQ(::symlink((folder / "elsewhere").c_str(), path.c_str()), 0);
  EXPECT_EQ(preflight(files, component, member).size(), 1u);
}

}  // namespace
}  // namespace keelson::postgresql
