#include "verify/sabotage.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keelson {
namespace {

CheckResult result(std::string id, CheckState state) { return {std::move(id), "", state, 0, "seen", ""}; }

template <typename Context>
bool whole(const Deed<Context>& deed) { return deed.prepare != nullptr && deed.damage != nullptr && deed.repair != nullptr; }

TEST(Sabotage, EveryCheckHasOneInTheSameOrder) {
  ASSERT_EQ(all_sabotages().size(), all_checks().size());
  for (std::size_t i = 0; i < all_checks().size(); ++i) EXPECT_EQ(all_sabotages()[i].id, all_checks()[i].id);
}

TEST(Sabotage, ReddensItsOwnCheckAndOnlyChecksThatExist) {
  for (const Sabotage& sabotage : all_sabotages()) {
    EXPECT_NE(std::find(sabotage.reddens.begin(), sabotage.reddens.end(), sabotage.id), sabotage.reddens.end()) << sabotage.id;
    for (const std::string_view id : sabotage.reddens) EXPECT_NE(find_check(id), nullptr) << sabotage.id << " reddens " << id;
  }
}

TEST(Sabotage, ASetWiderThanThreeSaysWhy) {
  for (const Sabotage& sabotage : all_sabotages()) EXPECT_EQ(sabotage.reddens.size() > 3, !sabotage.why_wide.empty()) << sabotage.id;
}

TEST(Sabotage, CanBePreparedDamagedAndRepaired) {
  for (const Sabotage& sabotage : all_sabotages())
    EXPECT_NE(whole(sabotage.client), whole(sabotage.beside)) << sabotage.id << ": by one of the two";
}

TEST(Sabotage, ExactlyTheDeclaredChecksMustBeRed) {
  const std::vector<CheckResult> seen = {result("PG-4", CheckState::fail), result("NE-2", CheckState::fail), result("PG-2", CheckState::unproven)};
  EXPECT_EQ(red_difference({"PG-4", "NE-2"}, seen), "");
  EXPECT_EQ(red_difference({"PG-4"}, seen), "NE-2 is red too: seen");
  EXPECT_EQ(red_difference({"PG-4", "NE-2", "PG-2"}, seen), "PG-2 stayed unproven");
}

}  // namespace
}  // namespace keelson
