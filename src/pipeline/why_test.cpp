#include "pipeline/why.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

const Kind kDatabase{.name = "postgresql", .summary = ""};
const Kind kStore{.name = "etcd", .summary = ""};
const Kind kBalancer{.name = "haproxy", .summary = ""};

Component component(const std::string& name, const Kind& kind, int members, const std::string& companion_of = {}) {
  Component out;
  out.name = name;
  out.kind = &kind;
  out.companion_of = companion_of;
  for (int i = 1; i <= members; ++i) {
    Member member;
    member.name = name + "-" + std::to_string(i);
    member.component = name;
    member.instances.emplace_back().name = member.name;
    out.members.push_back(std::move(member));
  }
  return out;
}

/// What a foundation of three members with a store of three and a balancer looked like, and the question asked of it.
struct Seen {
  Foundation foundation;
  Result<std::vector<InstanceStatus>> instances = std::vector<InstanceStatus>{};
  Checked<Plan> plan = Plan{};
  std::vector<Json> events;

  Seen() {
    foundation.name = "shop";
    foundation.components = {component("postgresql", kDatabase, 3), component("etcd", kStore, 3, "postgresql"), component("postgresql-endpoints", kBalancer, 1, "postgresql")};
    Endpoint primary{.name = "postgresql-primary", .component = "postgresql"};
    Endpoint replicas = primary;
    replicas.name = "postgresql-replicas";
    replicas.read_only = true;
    foundation.endpoints = {primary, replicas};
    foundation.edges = {{"postgresql", "postgresql", 0}, {"postgresql", "etcd", 0}, {"etcd", "etcd", 0}, {"postgresql-endpoints", "postgresql", 0}};
    for (const PlacedInstance& placed : instances_of(foundation)) {
      InstanceStatus status{.name = placed.instance->name, .life = Life::ready};
      if (placed.component->name == "postgresql") status.role = status.name == "postgresql-1" ? "primary" : "replica";
      instances->push_back(status);
    }
  }

  InstanceStatus& of(const std::string& name) {
    for (InstanceStatus& one : *instances)
      if (one.name == name) return one;
    ADD_FAILURE() << "no instance " << name;
    return instances->front();
  }
  void is(const std::string& name, Life life, const std::string& detail = {}) {
    of(name).life = life;
    of(name).detail = detail;
    of(name).role.clear();
    if (life == Life::stopped || life == Life::failed) step("start " + name, Action::start, name.substr(0, name.rfind('-')), name, "is not running");
  }
  void step(const std::string& id, Action action, const std::string& component, const std::string& subject, const std::string& reason) {
    plan->steps.push_back({id, action, component, subject, reason});
  }
  void event(const std::string& kind, const std::string& member, const std::string& reason, const std::string& condition = {}) {
    events.push_back(Json::object().set("kind", kind).set("component", "postgresql").set("member", member).set("reason", reason).set("failed_condition", condition));
  }

  Chain why(const std::string& thing) const {
    auto chain = explain_state({foundation, instances, plan, events}, thing);
    if (!chain) {
      ADD_FAILURE() << describe(chain.error());
      return {};
    }
    return *chain;
  }
};

/// "a: is down | b: is not running".
std::string text(const std::vector<Cause>& links) {
  std::string out;
  for (const Cause& cause : links) out += (out.empty() ? "" : " | ") + cause.subject + ": " + cause.what;
  return out;
}

TEST(Why, of_what_is_well_says_what_was_looked_at) {
  const Chain chain = Seen().why("postgresql-primary");
  EXPECT_EQ(text(chain.links), "");
  EXPECT_EQ(chain.health, Health::healthy);
  EXPECT_EQ(chain.next(), "");
  EXPECT_EQ(chain.looked_at, (std::vector<std::string>{"postgresql-primary", "postgresql", "postgresql-1", "postgresql-2", "postgresql-3", "etcd", "etcd-1", "etcd-2", "etcd-3",
                                                       "postgresql-endpoints", "postgresql-endpoints-1"}));
}

TEST(Why, an_endpoint_that_works_still_names_the_member_that_is_missing) {
  Seen seen;
  seen.is("postgresql-2", Life::stopped);
  const Chain chain = seen.why("postgresql-primary");
  EXPECT_EQ(text(chain.links), "postgresql-primary: works, but not all that it rests on is well | postgresql: 2 of 3 members are ready | postgresql-2: is not running");
  EXPECT_EQ(chain.health, Health::degraded);
  EXPECT_EQ(chain.next(), "keelson up");
}

TEST(Why, members_that_wait_for_a_lost_majority_are_not_to_blame) {
  Seen seen;
  for (const char* name : {"postgresql-1", "postgresql-2", "postgresql-3"}) seen.is(name, Life::running, "answered 503");
  seen.is("etcd-1", Life::stopped);
  seen.is("etcd-3", Life::stopped);
  const Chain chain = seen.why("postgresql-primary");
  EXPECT_EQ(text(chain.links), "postgresql-primary: no member of postgresql is ready | postgresql: 0 of 3 members are ready | postgresql-1: runs, but is not ready: answered 503 | "
                               "etcd: 1 of 3 members are ready | etcd-1: is not running");
  EXPECT_EQ(text(chain.also), "etcd-3: is not running | postgresql-2: runs, but is not ready: answered 503 | postgresql-3: runs, but is not ready: answered 503");
  EXPECT_EQ(chain.next(), "keelson up");
}

TEST(Why, one_member_of_three_that_is_missing_stops_nobody) {
  Seen seen;
  seen.is("postgresql-2", Life::failed, "exited with status 1");
  seen.is("etcd-1", Life::stopped);
  const Chain chain = seen.why("postgresql-2");
  EXPECT_EQ(text(chain.links), "postgresql-2: has failed: exited with status 1");
  EXPECT_EQ(chain.next(), "keelson logs postgresql-2");
}

TEST(Why, what_nobody_started_waits_for_nobody) {
  Seen seen;
  seen.is("postgresql-2", Life::stopped);
  for (const char* name : {"etcd-1", "etcd-2", "etcd-3"}) seen.is(name, Life::stopped);
  EXPECT_EQ(text(seen.why("postgresql-2").links), "postgresql-2: is not running");
}

TEST(Why, a_member_that_failed_after_its_file_was_edited_says_so) {
  Seen seen;
  seen.step("configure postgresql-2", Action::configure, "postgresql", "postgresql-2", "patroni.yaml was changed by hand");
  seen.is("postgresql-2", Life::failed, "exited with status 1");
  const Chain chain = seen.why("postgresql-2");
  EXPECT_EQ(text(chain.links), "postgresql-2: has failed: exited with status 1 | postgresql-2: patroni.yaml was changed by hand");
  EXPECT_EQ(chain.next(), "keelson up");
}

TEST(Why, a_member_that_is_ready_but_not_as_the_blueprint_says_is_a_cause) {
  Seen seen;
  seen.step("set postgresql-1 work_mem", Action::set, "postgresql", "postgresql-1", "work_mem is 77MB, the blueprint says 4MB");
  EXPECT_EQ(text(seen.why("postgresql-1").links), "postgresql-1: work_mem is 77MB, the blueprint says 4MB");
  EXPECT_EQ(seen.why("postgresql-1").health, Health::degraded);
  EXPECT_EQ(text(seen.why("postgresql-2").links), "");
}

TEST(Why, a_dead_balancer_comes_before_what_is_behind_it) {
  Seen seen;
  seen.is("postgresql-3", Life::stopped);
  seen.is("postgresql-endpoints-1", Life::failed, "killed by signal 9");
  const Chain chain = seen.why("postgresql-primary");
  EXPECT_EQ(text(chain.links), "postgresql-primary: its balancer does not answer | postgresql-endpoints: 0 of 1 member is ready | "
                               "postgresql-endpoints-1: has failed: killed by signal 9");
  EXPECT_EQ(text(chain.also), "postgresql-3: is not running");
}

TEST(Why, members_of_whom_none_leads_are_told_from_members_that_are_not_ready) {
  Seen seen;
  seen.of("postgresql-1").role = "replica";
  EXPECT_EQ(text(seen.why("postgresql-primary").links), "postgresql-primary: no member of postgresql that is ready leads");
  EXPECT_EQ(seen.why("postgresql-primary").next(), "keelson logs postgresql");
  EXPECT_EQ(text(seen.why("postgresql-replicas").links), "");
}

TEST(Why, a_leadership_that_was_not_given_up_is_told_with_its_condition_until_the_member_is_back) {
  Seen seen;
  seen.is("postgresql-1", Life::stopping, "its leadership is being given up");
  seen.event("leader-release", "postgresql-1", "etcd does not answer", "not-settled");
  const std::string refused = "postgresql-1: its leadership was not given up (not-settled): etcd does not answer";
  EXPECT_EQ(text(seen.why("postgresql-1").links), "postgresql-1: is being stopped: its leadership is being given up | " + refused);
  seen.event("started", "postgresql-1", "pid 7");
  EXPECT_EQ(text(seen.why("postgresql-1").links), "postgresql-1: is being stopped: its leadership is being given up");
}

TEST(Why, a_component_without_a_leader_remembers_the_release_that_failed_until_somebody_leads) {
  Seen seen;
  seen.of("postgresql-1").role = "replica";
  seen.event("leader-release", "postgresql-1", "etcd does not answer", "not-settled");
  seen.event("started", "postgresql-1", "pid 7");
  EXPECT_EQ(text({seen.why("postgresql-primary").links.back()}), "postgresql-1: its leadership was not given up (not-settled): etcd does not answer");
  seen.event("role", "postgresql-2", "primary");
  EXPECT_EQ(seen.why("postgresql-primary").links.size(), 1U);
}

TEST(Why, a_policy_that_is_not_in_force_is_a_cause_of_everything) {
  Seen seen;
  seen.step("network", Action::network, "", "policy", "no network policy is in force");
  EXPECT_EQ(text(seen.why("postgresql-replicas").links),
            "postgresql-replicas: is well itself, but what is around it is not as it should be | shop: network: no network policy is in force");
}

TEST(Why, what_refuses_an_up_comes_last_for_nothing_is_mended_before_it) {
  Seen seen;
  seen.is("postgresql-2", Life::stopped);
  seen.plan = unexpected(Errors{{ErrorCode::preflight_refused, "belongs to uid 7", "/data", "keelson expects uid 8", "give it back"}});
  const Chain chain = seen.why("postgresql-2");
  EXPECT_EQ(text(chain.links), "postgresql-2: is not running | /data: belongs to uid 7: keelson expects uid 8");
  EXPECT_EQ(chain.next(), "give it back");
}

TEST(Why, where_nobody_answers_that_is_the_cause) {
  Seen seen;
  seen.instances = fail_as(ErrorCode::not_running, "the agent does not answer");
  const Chain chain = seen.why("postgresql-2");
  EXPECT_EQ(text(chain.links), "postgresql-2: nobody can say how it is | shop: the agent does not answer");
  EXPECT_EQ(chain.health, Health::unknown);
  EXPECT_EQ(chain.next(), "keelson up");
}

TEST(Why, where_nobody_answers_what_refuses_an_up_is_mended_first) {
  Seen seen;
  seen.instances = fail_as(ErrorCode::not_running, "the agent does not answer");
  seen.plan = unexpected(Errors{{ErrorCode::preflight_refused, "belongs to uid 7", "/data", {}, "give it back"}});
  EXPECT_EQ(seen.why("etcd").next(), "give it back");
}

TEST(Why, without_a_name_everything_is_looked_at) {
  Seen seen;
  EXPECT_EQ(text(seen.why("").links), "");
  seen.step("remove postgresql-4", Action::remove, "", "postgresql-4", "runs, but the blueprint no longer names it; its data stays");
  EXPECT_EQ(text(seen.why("shop").links), "shop: not all of it is well | shop: remove postgresql-4: runs, but the blueprint no longer names it; its data stays");
  EXPECT_EQ(text(seen.why("etcd").links), "");
}

TEST(Why, a_name_that_is_not_there_suggests_the_nearest) {
  const Seen seen;
  const auto chain = explain_state({seen.foundation, seen.instances, seen.plan, seen.events}, "postgresql-primry");
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().code, ErrorCode::usage);
  EXPECT_EQ(chain.error().next, "did you mean 'postgresql-primary'?");
}

TEST(Why, the_document_carries_the_chain) {
  Seen seen;
  seen.is("etcd-2", Life::stopped);
  EXPECT_EQ(why_json(seen.foundation, seen.why("etcd-2")).dump(),
            R"({"foundation":"shop","subject":"etcd-2","state":"stopped","chain":[{"subject":"etcd-2","what":"is not running"}],"also":[],)"
            R"("next":"keelson up","looked_at":["etcd-2"]})");
}

}  // namespace
}  // namespace keelson
