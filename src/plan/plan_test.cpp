#include "plan/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace keelson {
namespace {

Result<void> provision_nothing(World&, const Foundation&, const Component&) { return {}; }

Result<void> reload_nothing(World&, const Foundation&, const Component&, const Member&, const std::string&) { return {}; }

const Kind kStore{.name = "store", .summary = "a store", .verbs = {.provision = provision_nothing, .reload = reload_nothing}};
const Kind kStubborn{.name = "store", .summary = "a store that cannot reload"};

/// Two members, each one instance; the second comes after the first.
Foundation two_members() {
  Foundation foundation;
  foundation.name = "demo";
  Component component{"store", &kStore, "", {}, {}};
  for (int i = 1; i <= 2; ++i) {
    Instance instance;
    instance.name = "store-" + std::to_string(i);
    instance.artifact = "store";
    ConfigFile hard{"hard.conf", Text("a"), 0600, WritePolicy::always, Applies::restart};
    ConfigFile soft{"soft.conf", Text(SecretRef{"store/app"}), 0600, WritePolicy::always, Applies::reload};
    instance.files = {hard, soft};
    if (i == 2) instance.after = {"store-1"};
    component.members.push_back({instance.name, "store", i, "127.77.1." + std::to_string(i), {instance}});
  }
  foundation.components.push_back(component);
  foundation.secrets = {{"store/app", "the application's password"}};
  return foundation;
}

Observed all_well(const Foundation& foundation) {
  Observed observed;
  observed.supervisor_running = true;
  observed.artifacts = {"store"};
  observed.secrets = {"store/app"};
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      for (const Instance& instance : member.instances) {
        ObservedInstance now;
        now.life = Life::ready;
        now.prepared = true;
        now.running_command = now.wanted_command = "same";
        observed.instances[instance.name] = now;
      }
  return observed;
}

std::vector<std::string> ids(const Plan& plan) {
  std::vector<std::string> out;
  for (const Step& step : plan.steps) out.push_back(step.id);
  return out;
}

const Step& step(const Plan& plan, const std::string& id) {
  for (const Step& candidate : plan.steps)
    if (candidate.id == id) return candidate;
  static const Step kNone;
  ADD_FAILURE() << "no step " << id;
  return kNone;
}

TEST(Plan, OfAFoundationThatIsAsItShouldBeIsEmpty) {
  const Foundation foundation = two_members();
  EXPECT_TRUE(make_plan(foundation, all_well(foundation)).empty());
}

TEST(Plan, OfAnEmptyMachineDoesEverythingInOrder) {
  const Foundation foundation = two_members();
  const Plan plan = make_plan(foundation, Observed{});
  EXPECT_EQ(ids(plan), (std::vector<std::string>{"secret store", "fetch store", "configure store-1", "configure store-2", "supervise",
                                                 "start store-1", "start store-2", "provision store"}));
  EXPECT_EQ(step(plan, "start store-2").after, (std::vector<std::string>{"configure store-2", "fetch store", "supervise", "start store-1"}));
}

TEST(Plan, NamesTheFileThatWasEditedByHandAndRestartsOnlyThatInstance) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.instances["store-2"].files = {{"hard.conf", DiskState::edited}};
  const Plan plan = make_plan(foundation, observed);
  EXPECT_EQ(ids(plan), (std::vector<std::string>{"configure store-2", "restart store-2"}));
  EXPECT_EQ(step(plan, "restart store-2").reason, "hard.conf was changed by hand");
}

TEST(Plan, ReloadsWhereTheFileAllowsIt) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.instances["store-1"].files = {{"soft.conf", DiskState::stale}};
  EXPECT_EQ(ids(make_plan(foundation, observed)), (std::vector<std::string>{"configure store-1", "reload store-1"}));
}

TEST(Plan, RestartsWhereTheKindCannotReload) {
  Foundation foundation = two_members();
  foundation.components[0].kind = &kStubborn;
  Observed observed = all_well(foundation);
  observed.instances["store-1"].files = {{"soft.conf", DiskState::stale}};
  EXPECT_EQ(ids(make_plan(foundation, observed)), (std::vector<std::string>{"configure store-1", "restart store-1"}));
}

TEST(Plan, SetsLiveWhatTheEngineCanChangeAndRestartsForTheRest) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.instances["store-1"].live = {{"memory", "2", "1", true}};
  observed.instances["store-2"].live = {{"threads", "2", "1", false}};
  const Plan plan = make_plan(foundation, observed);
  EXPECT_EQ(ids(plan), (std::vector<std::string>{"set store-1 memory", "restart store-2"}));
  EXPECT_EQ(step(plan, "set store-1 memory").reason, "memory is 1, the blueprint says 2");
}

TEST(Plan, SetsTheSettingsOfOneInstanceOneAfterAnother) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.instances["store-1"].live = {{"memory", "2", "1", true}, {"threads", "2", "1", true}};
  EXPECT_EQ(step(make_plan(foundation, observed), "set store-1 threads").after, (std::vector<std::string>{"set store-1 memory"}));
}

TEST(Plan, RestartsWhereTheRuntimeCannotReload) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.reloads = false;
  observed.instances["store-1"].files = {{"soft.conf", DiskState::stale}};
  EXPECT_EQ(ids(make_plan(foundation, observed)), (std::vector<std::string>{"configure store-1", "restart store-1"}));
}

TEST(Plan, RestartsWhatBeganBeforeItsFilesWereWrittenAndWritesNothing) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.instances["store-1"].files = {{"config/store-1/hard.conf", DiskState::unread}};
  const Plan plan = make_plan(foundation, observed);
  EXPECT_EQ(ids(plan), (std::vector<std::string>{"restart store-1"}));
  EXPECT_EQ(step(plan, "restart store-1").reason, "config/store-1/hard.conf is newer than what it began with");
}

TEST(Plan, WritesWhatIsAboutTheWholeBeforeAnythingStarts) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.shared = {{"compose.yaml", DiskState::edited}};
  observed.instances["store-1"].life = Life::stopped;
  const Plan plan = make_plan(foundation, observed);
  EXPECT_EQ(ids(plan), (std::vector<std::string>{"render", "start store-1", "provision store"}));
  EXPECT_EQ(step(plan, "render").reason, "compose.yaml was changed by hand");
}

TEST(Plan, RestartsTheMembersOfAComponentOneAfterAnother) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  for (auto& [name, instance] : observed.instances) instance.wanted_command = "other";
  const Plan plan = make_plan(foundation, observed);
  EXPECT_EQ(step(plan, "restart store-2").after, (std::vector<std::string>{"restart store-1"}));
}

TEST(Plan, RemovesWhatTheBlueprintNoLongerNames) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.strays = {"store-3"};
  EXPECT_EQ(ids(make_plan(foundation, observed)), (std::vector<std::string>{"remove store-3"}));
}

TEST(Plan, SaysWhatIsMissingInsideARunningEngine) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.provisions["store"] = {{"database sales", "does not exist"}};
  EXPECT_EQ(step(make_plan(foundation, observed), "provision store").reason, "database sales does not exist");
}

TEST(Plan, PutsTheNetworkPolicyInForceBeforeAnythingStarts) {
  const Foundation foundation = two_members();
  Observed observed;
  observed.network = {NetworkState::missing, "keelson_1", {}};
  const Plan plan = make_plan(foundation, observed);
  EXPECT_TRUE(step(plan, "network").after.empty());
  for (const char* start : {"start store-1", "start store-2"}) {
    const std::vector<std::string>& after = step(plan, start).after;
    EXPECT_NE(std::find(after.begin(), after.end(), "network"), after.end()) << start;
  }
}

TEST(Plan, SaysWhyTheNetworkPolicyIsLoadedAgainAndTouchesNothingElse) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  const auto reason = [&](NetworkState state) {
    observed.network = {state, "keelson_1", {}};
    const Plan plan = make_plan(foundation, observed);
    EXPECT_EQ(ids(plan), std::vector<std::string>{"network"});
    return step(plan, "network").reason;
  };
  EXPECT_EQ(reason(NetworkState::missing), "no network policy is in force: the kernel has no table keelson_1");
  EXPECT_EQ(reason(NetworkState::edited), "table keelson_1 in the kernel is not as keelson left it");
  EXPECT_EQ(reason(NetworkState::stale), "the edges ask for another network policy than the one in force");
}

TEST(Plan, WarnsWhereNoNetworkPolicyIsInForceAndHasNoStepForIt) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.network = {NetworkState::unavailable, "keelson_1", "Operation not permitted"};
  const Plan refused = make_plan(foundation, observed);
  EXPECT_TRUE(refused.empty());
  EXPECT_EQ(refused.warnings, std::vector<std::string>{"the network policy cannot be put in force: Operation not permitted"});
  observed.network = {NetworkState::not_asked, "keelson_1", "an ordinary user runs it"};
  EXPECT_TRUE(make_plan(foundation, observed).empty());
  EXPECT_EQ(make_plan(foundation, observed).warnings, std::vector<std::string>{"the network policy is not enforced: an ordinary user runs it"});
}

TEST(Plan, WarnsOfAPlacePublishedBeyondTheMachineWithoutAPolicy) {
  Foundation foundation = two_members();
  foundation.endpoints = {{.name = "store", .publish = {{"127.0.0.1", 5000, {"127.0.0.0/8"}}, {"192.0.2.1", 5000, {"192.0.2.0/24"}}}}};
  Observed observed = all_well(foundation);
  observed.network = {NetworkState::not_asked, "keelson_1", "why"};
  EXPECT_EQ(make_plan(foundation, observed).warnings,
            std::vector<std::string>{"the network policy is not enforced: why; so publish.from is not, and 192.0.2.1:5000 is open to whoever can reach it"});
}

TEST(Plan, StartsTheAgentAloneWhenOnlyItIsMissing) {
  const Foundation foundation = two_members();
  Observed observed = all_well(foundation);
  observed.supervisor_running = false;
  EXPECT_EQ(ids(make_plan(foundation, observed)), (std::vector<std::string>{"supervise"}));
}

TEST(Plan, IsTheSameBytesForTheSameInput) {
  const Foundation foundation = two_members();
  EXPECT_EQ(plan_json(foundation, make_plan(foundation, Observed{})).dump(2), plan_json(foundation, make_plan(foundation, Observed{})).dump(2));
}

}  // namespace
}  // namespace keelson
