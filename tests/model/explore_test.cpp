#include "explore.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

/// Leader release, every order of events: it holds whatever goes wrong within a scenario, and each protection is needed.
namespace keelson::model {
namespace {

struct Scenario {
  const char* name;
  Faults faults;
};
/// Two kinds of bad luck at once, or the same one twice; all of them at once are too many states to look at.
constexpr Scenario kScenarios[] = {
    {"AgentDiesTwice", {.agent_deaths = 2}},
    {"AgentDiesOnABadWire", {.agent_deaths = 1, .net_faults = 2}},
    {"MemberDiesAgainOnABadWire", {.deaths = 2, .net_faults = 2}},
    {"MemberAndAgentDieAgain", {.deaths = 2, .agent_deaths = 1, .net_faults = 1}},
    {"StandbyChanges", {.agent_deaths = 1, .net_faults = 1, .swaps = 1}},
    {"StandbyChangesTwice", {.net_faults = 1, .swaps = 2}},
    {"OperatorPauses", {.agent_deaths = 1, .net_faults = 1, .pauses = 1}},
    {"PatroniHangs", {.agent_deaths = 1, .hangs = 1}},
    {"PatroniHangsOnABadWire", {.net_faults = 2, .hangs = 1}},
    {"MemberIsCutOff", {.agent_deaths = 1, .cuts = 1}},
    {"MemberIsCutOffOnABadWire", {.net_faults = 2, .cuts = 1}},
    {"MemberIsCutOffTwice", {.deaths = 0, .net_faults = 1, .cuts = 2}},
};

std::string told(const Exploration& found) { return fmt::format("{} states\n  {}", found.states, fmt::join(found.story, "\n  ")); }

class Held : public testing::TestWithParam<std::tuple<Elects, Durability, Scenario>> {};

TEST_P(Held, NoLawIsBrokenAndNobodyIsStuck) {
  const auto& [elects, durability, scenario] = GetParam();
  const Exploration found = explore(scenario.faults, durability, Without::nothing, elects);
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.broken, Law::kept) << name(found.broken) << " after " << told(found);
  EXPECT_EQ(found.stuck, 0U) << told(found);
  EXPECT_GT(found.states, 1'000U) << "a model in which nothing happens proves nothing";
  RecordProperty("states", static_cast<int>(found.states));
}

std::string name_of(const testing::TestParamInfo<Held::ParamType>& test) {
  const auto& [elects, durability, scenario] = test.param;
  return std::string(elects == Elects::in_etcd ? "InEtcd" : "InApi") + (durability == Durability::synchronous ? "Synchronous" : "Asynchronous") + scenario.name;
}
INSTANTIATE_TEST_SUITE_P(Release, Held,
                         testing::Combine(testing::Values(Elects::in_etcd, Elects::in_api), testing::Values(Durability::synchronous, Durability::asynchronous), testing::ValuesIn(kScenarios)),
                         name_of);

/// One protection taken out, and the smallest bad luck that shows it.
struct Sabotage {
  Without without;
  Durability durability;
  Faults faults;
  Law breaks;
  Elects elects = Elects::in_etcd;
};
constexpr Sabotage kSabotages[] = {
    {Without::fence, Durability::synchronous, {.net_faults = 1}, Law::living_deposed},
    {Without::look_at_the_log, Durability::asynchronous, {.agent_deaths = 1}, Law::commit_lost},
    {Without::handing_over, Durability::synchronous, {.deaths = 2, .net_faults = 2}, Law::commit_lost},
    {Without::compare_leader, Durability::synchronous, {.net_faults = 1}, Law::living_deposed},
    {Without::compare_sync, Durability::synchronous, {.agent_deaths = 1, .net_faults = 1, .swaps = 1}, Law::nobody_left},
    {Without::compare_config, Durability::synchronous, {.agent_deaths = 1, .net_faults = 1, .pauses = 1}, Law::released_in_pause},
    {Without::compare_token, Durability::synchronous, {.net_faults = 1}, Law::living_deposed},
    {Without::token_by_revision, Durability::synchronous, {.net_faults = 2}, Law::living_deposed},
    {Without::writing_down, Durability::synchronous, {.agent_deaths = 1}, Law::living_deposed},
    {Without::settling, Durability::synchronous, {.net_faults = 1}, Law::living_deposed},
    {Without::voiding, Durability::synchronous, {.deaths = 2, .net_faults = 2}, Law::commit_lost},
    {Without::mark_of_its_own, Durability::synchronous, {.deaths = 2, .net_faults = 2}, Law::commit_lost},
    {Without::closing_first, Durability::synchronous, {.deaths = 2, .net_faults = 2}, Law::commit_lost},
    {Without::comparing_writer, Durability::synchronous, {.deaths = 0, .cuts = 1}, Law::commit_lost},
};
/// What is left to take out in the API.
constexpr Sabotage kSabotagesInApi[] = {
    {Without::fence, Durability::synchronous, {.net_faults = 1}, Law::living_deposed, Elects::in_api},
    {Without::look_at_the_log, Durability::asynchronous, {.agent_deaths = 1}, Law::commit_lost, Elects::in_api},
    {Without::compare_leader, Durability::synchronous, {.net_faults = 1}, Law::living_deposed, Elects::in_api},
    {Without::writing_down, Durability::synchronous, {.agent_deaths = 1}, Law::living_deposed, Elects::in_api},
    {Without::settling, Durability::synchronous, {.net_faults = 1}, Law::living_deposed, Elects::in_api},
};

class Sabotaged : public testing::TestWithParam<Sabotage> {};

TEST_P(Sabotaged, IsNoticed) {
  const Exploration found = explore(GetParam().faults, GetParam().durability, GetParam().without, GetParam().elects);
  EXPECT_EQ(found.broken, GetParam().breaks) << name(found.broken) << " after " << told(found);
}

std::string name_without(const testing::TestParamInfo<Sabotage>& test) {
  std::string out;
  for (const char c : name(test.param.without)) out += c == ' ' ? '_' : c;
  return out;
}
INSTANTIATE_TEST_SUITE_P(Release, Sabotaged, testing::ValuesIn(kSabotages), name_without);
INSTANTIATE_TEST_SUITE_P(ReleaseInApi, Sabotaged, testing::ValuesIn(kSabotagesInApi), name_without);

TEST(Model, EveryProtectionIsTakenOutOnce) { EXPECT_EQ(std::size(kSabotages), static_cast<std::size_t>(Without::comparing_writer)); }

}  // namespace
}  // namespace keelson::model
