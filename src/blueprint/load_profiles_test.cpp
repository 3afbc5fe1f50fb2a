// What several texts make together: a profile over its blueprint, a file over another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blueprint/load_for_tests.h"

namespace keelson {
namespace {

using namespace load_for_tests;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kWithProfiles =
    "foundation: demo\n"
    "components:\n"
    "  store: { members: 3, memory: 2Gi, pooler: { members: 2, mode: session }, tags: [a, b] }\n"
    "  mine: { kind: cache, members: 2 }\n"
    "profiles:\n"
    "  laptop:\n"
    "    protect: true\n"
    "    components:\n"
    "      store: { memory: 128Mi, pooler: { members: 1 }, tags: [c] }\n"
    "      mine: { members: 1 }\n"
    "      gateway: { command: run }\n"
    "  empty:\n";

TEST(Profile, MergesMappingsDeepAndReplacesTheRest) {
  const Blueprint b = good(kWithProfiles, "laptop");
  EXPECT_EQ(b.profile, "laptop");
  EXPECT_THAT(b.profiles, ElementsAre("laptop", "empty"));
  EXPECT_TRUE(b.protect);
  EXPECT_EQ(number(store(b), "members"), 3);
  EXPECT_EQ(number(store(b), "memory"), 128 << 20);
  EXPECT_EQ(number(at(store(b), "pooler").object(), "members"), 1);
  EXPECT_EQ(text(at(store(b), "pooler").object(), "mode"), "session");
  ASSERT_EQ(at(store(b), "tags").list().size(), 1U);
  EXPECT_EQ(at(store(b), "tags").list()[0].text(), "c");
  ASSERT_EQ(b.components.size(), 3U);
  EXPECT_EQ(b.components[1].kind, &catalog_for_tests::kCache);
  EXPECT_EQ(number(b.components[1].settings, "members"), 1);
  EXPECT_EQ(b.components[2].name, "gateway");
}

TEST(Profile, KeepsTheMarkOfTheLineThatWon) {
  const Blueprint b = good(kWithProfiles, "laptop");
  EXPECT_EQ(at(store(b), "members").mark.text(), "b.yaml:3:21");
  EXPECT_EQ(at(store(b), "memory").mark.text(), "b.yaml:9:24");
  EXPECT_EQ(b.components[0].mark.text(), "b.yaml:3:3");
}

TEST(Profile, OfNothingChangesNothing) {
  EXPECT_EQ(number(store(good(kWithProfiles, "empty")), "memory"), std::int64_t{2} << 30);
  EXPECT_EQ(number(store(good(kWithProfiles)), "memory"), std::int64_t{2} << 30);
}

TEST(Profile, UnknownNameListsThoseThatExist) {
  const auto b = load(kWithProfiles, "latpop");
  ASSERT_FALSE(b);
  EXPECT_EQ(told(b.error()), "b.yaml:5:1: profiles: there is no profile latpop\n  next: did you mean laptop? profiles: laptop, empty\n");
}

TEST(Profile, UnknownNameInAFileWithoutProfilesSaysSo) {
  const auto b = load("foundation: demo\ncomponents: {}\n", "laptop");
  ASSERT_FALSE(b);
  EXPECT_EQ(told(b.error()), "b.yaml:1:1: profiles: there is no profile laptop\n  next: there are no profiles\n");
}

TEST(Profile, MayLeaveOutWhatIsRequiredElsewhere) {
  const Blueprint b = good("foundation: demo\ncomponents: { gateway: { command: a } }\nprofiles: { p: { components: { gateway: } } }\n", "p");
  EXPECT_EQ(text(store(b), "command"), "a");
}

TEST(Sources, LaterOnesLieOverEarlierOnes) {
  const auto b = load_blueprint({{"base.yaml", "foundation: demo\ncomponents: { store: { members: 3, title: a }, mine: { kind: cache } }\n"},
                                 {"over.yaml", "components:\n  store: { members: 5 }\n  mine: { members: 1 }\n"}},
                                "", catalog_for_tests::kCatalog);
  ASSERT_TRUE(b) << told(b.error());
  EXPECT_EQ(number(store(*b), "members"), 5);
  EXPECT_EQ(at(store(*b), "members").mark.text(), "over.yaml:2:21");
  EXPECT_EQ(text(store(*b), "title"), "a");
  EXPECT_EQ(b->components[1].kind, &catalog_for_tests::kCache);
}

TEST(Sources, ProblemsOfAllAreToldInTheirOrder) {
  const auto b = load_blueprint({{"z.yaml", "foundation: demo\nx: 1\ncomponents: {}\n"}, {"a.yaml", "y: 1\n"}}, "", catalog_for_tests::kCatalog);
  ASSERT_FALSE(b);
  ASSERT_EQ(b.error().size(), 2U);
  EXPECT_EQ(b.error()[0].where, "z.yaml:2:1");
  EXPECT_EQ(b.error()[1].where, "a.yaml:1:1");
}

TEST(Sources, AProblemHiddenByALaterFileIsStillTold) {
  const auto b = load_blueprint({{"a.yaml", "foundation: demo\ncomponents: { store: { members: many } }\n"}, {"b.yaml", "components: { store: { members: 1 } }\n"}},
                                "", catalog_for_tests::kCatalog);
  ASSERT_FALSE(b);
  EXPECT_EQ(b.error()[0].where, "a.yaml:2:33");
}

TEST(Sources, NoneAtAllIsToldAsSuch) {
  const auto b = load_blueprint({}, "", catalog_for_tests::kCatalog);
  ASSERT_FALSE(b);
  EXPECT_THAT(told(b.error()), HasSubstr("there is no blueprint"));
}

}  // namespace
}  // namespace keelson
