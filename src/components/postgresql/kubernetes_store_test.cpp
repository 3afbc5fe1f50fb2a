#include <gtest/gtest.h>

#include "components/postgresql/election_store.h"
#include "protocol/kubernetes_api_for_tests.h"
#include "system/clock.h"

namespace keelson::postgresql {
namespace {

using Fate = ApiForTests::Fate;
using Look = ElectionStore::Look;
using Map = ApiForTests::Map;
const Map kLabels{{"app.kubernetes.io/component", "postgresql"}, {"app.kubernetes.io/part-of", "shop"}};

LeaderFacts facts() {
  LeaderFacts out{.scope = "postgresql", .member = "postgresql-1", .address = "0.0.0.0", .data = "/d", .synchronous = true};
  out.others = {{"postgresql-2", "postgresql-2.shop"}, {"postgresql-3", "postgresql-3.shop"}};
  out.space = "shop";
  out.labels = kLabels;
  out.pods = {{"postgresql-1", "postgresql-primary-0"}, {"postgresql-2", "postgresql-2-0"}, {"postgresql-3", "postgresql-3-0"}};
  return out;
}

/// A reign of the first member, whose pod has the name of the role.
class Reign : public testing::Test {
 protected:
  Reign() {
    api_.put("configmaps", "postgresql-leader", kLabels,
             {{"leader", "postgresql-primary-0"}, {"ttl", "30"}, {"renewTime", "2026-11-22T21:16:47.123456+00:00"}, {"acquireTime", "long ago"}, {"transitions", "4"}, {"optime", "77"}});
    api_.put("configmaps", "postgresql-sync", kLabels, {{"leader", "postgresql-primary-0"}, {"sync_standby", "postgresql-2-0,postgresql-3-0"}});
    api_.put("configmaps", "postgresql-config", kLabels, {{"config", R"({"ttl":30})"}, {"initialize", "7123"}});
    api_.put("configmaps", "postgresql-failover", kLabels, {});
    api_.put("configmaps", "postgresql-1", kLabels, {});  // keelson's own, of the pod's files
    for (const char* pod : {"postgresql-primary-0", "postgresql-2-0", "postgresql-3-0"}) api_.put("pods", pod, kLabels, {{"status", R"({"state":"running"})"}});
  }
  ClusterKeys look() {
    auto keys = store_->look(Look::fresh);
    EXPECT_TRUE(keys) << describe(keys.error());
    return *keys;
  }
  std::string leader() { return api_.annotations("configmaps", "postgresql-leader")["leader"]; }

  ApiForTests api_;
  std::unique_ptr<ElectionStore> store_ = kubernetes_store(api_.place(), facts());
};

TEST_F(Reign, is_read_as_etcd_would_hold_it) {
  const ClusterKeys keys = look();
  EXPECT_EQ(keys.leader->value, "postgresql-1");
  EXPECT_EQ(keys.sync->value, R"({"leader":"postgresql-1","sync_standby":"postgresql-2,postgresql-3"})");
  EXPECT_EQ(keys.initialize->value, "7123");
  EXPECT_EQ(keys.members.size(), 3U);
  const Verdict verdict = judge_keys(keys, facts());
  EXPECT_FALSE(verdict.refusal) << verdict.refusal->reason;
  EXPECT_EQ(verdict.candidates, (std::vector<std::string>{"postgresql-2", "postgresql-3"}));
}

TEST_F(Reign, that_an_operator_or_a_switchover_rules_is_not_ended) {
  api_.write("configmaps", "postgresql-failover", {{"member", "postgresql-3-0"}});
  EXPECT_EQ(judge_keys(look(), facts()).refusal->condition, "failover-pending");
  api_.write("configmaps", "postgresql-config", {{"config", R"({"pause":true})"}});
  EXPECT_EQ(judge_keys(look(), facts()).refusal->condition, "paused");
}

TEST_F(Reign, passes_to_no_pod_that_is_ending_or_has_no_patroni) {
  api_.end("pods", "postgresql-2-0");
  api_.put("pods", "postgresql-3-0", kLabels, {});
  EXPECT_EQ(look().members.size(), 1U);
}

TEST_F(Reign, passes_to_the_heir_as_if_it_had_taken_it_itself) {
  EXPECT_EQ(store_->hand_over(look(), "postgresql-2"), true);
  const Map after = api_.annotations("configmaps", "postgresql-leader");
  EXPECT_EQ(after.at("leader"), "postgresql-2-0") << "Patroni's name for it";
  EXPECT_EQ(after.at("transitions"), "5");
  EXPECT_NE(after.at("renewTime"), "2026-11-22T21:16:47.123456+00:00") << "or others would count the dead member's time on";
  EXPECT_EQ(after.at("renewTime"), after.at("acquireTime"));
  EXPECT_EQ(after.at("optime"), "77");
  EXPECT_EQ(api_.annotations("configmaps", "postgresql-sync").at("leader"), "postgresql-primary-0") << "the heir writes that itself";
  EXPECT_FALSE(store_->unsettled()) << "nothing of it can come any more";
}

TEST_F(Reign, that_was_renewed_after_the_look_is_not_ended) {
  const ClusterKeys seen = look();
  api_.write("configmaps", "postgresql-leader", {{"renewTime", "later"}});
  EXPECT_EQ(store_->hand_over(seen, "postgresql-2"), false);
  EXPECT_EQ(leader(), "postgresql-primary-0");
  EXPECT_FALSE(store_->unsettled());
}

TEST_F(Reign, is_not_ended_by_a_late_release_once_that_is_settled) {
  api_.next_patch(Fate::held);
  EXPECT_FALSE(store_->hand_over(look(), "postgresql-2"));
  EXPECT_TRUE(store_->unsettled()) << "it may still come";
  const auto settled = kubernetes_store(api_.place(), facts())->settle();  // of another process: that died, too
  ASSERT_TRUE(settled) << describe(settled.error());
  EXPECT_EQ(api_.deliver(), 409);
  EXPECT_EQ(leader(), "postgresql-primary-0");
}

TEST_F(Reign, is_ended_by_a_late_release_that_is_not_settled) {
  api_.next_patch(Fate::held);
  EXPECT_FALSE(store_->hand_over(look(), "postgresql-2"));
  EXPECT_EQ(api_.deliver(), 200) << "so that the case above can fail";
  EXPECT_EQ(leader(), "postgresql-2-0");
}

TEST_F(Reign, that_has_ended_though_no_answer_came_is_seen_to_have) {
  const ClusterKeys seen = look();
  api_.next_patch(Fate::unanswered);
  EXPECT_FALSE(store_->hand_over(seen, "postgresql-2"));
  EXPECT_EQ(look().leader->value, "postgresql-2");
  EXPECT_TRUE(store_->settle());
  EXPECT_FALSE(store_->unsettled());
  EXPECT_EQ(leader(), "postgresql-2-0") << "settling decides nothing";
}

TEST_F(Reign, lasts_from_its_last_renewal_on) {
  EXPECT_EQ(*store_->seconds_left(look()), std::nullopt) << "long over";
  api_.write("configmaps", "postgresql-leader", {{"renewTime", rfc3339(RealClock().wall_ms()).substr(0, 19) + ".5+00:00"}});
  const auto left = store_->seconds_left(look());
  ASSERT_TRUE(left && *left);
  EXPECT_GE(**left, 28);
  EXPECT_LE(**left, 30);
  api_.write("configmaps", "postgresql-leader", {{"renewTime", "2999-01-01T00:00:00+00:00"}});
  EXPECT_EQ(store_->seconds_left(look())->value(), 30) << "a clock that was set back gives no longer one";
  api_.write("configmaps", "postgresql-leader", {{"renewTime", "today"}});
  EXPECT_FALSE(store_->seconds_left(look()));
}

TEST(KubernetesStore, outside_of_a_pod_says_so) {
  const auto store = kubernetes_store(fail("this is no pod"), facts());
  EXPECT_EQ(store->look(Look::fresh).error().what, "this is no pod");
  EXPECT_FALSE(store->settle());
}

}  // namespace
}  // namespace keelson::postgresql
