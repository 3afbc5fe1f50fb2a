#include "components/postgresql/leadership.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "components/postgresql/wal_position.h"

namespace keelson::postgresql {
namespace {

LeaderFacts facts() {
  LeaderFacts out{.scope = "postgresql", .member = "postgresql-1", .address = "127.77.1.1", .data = "/d", .synchronous = true};
  out.others = {{"postgresql-2", "127.77.1.2"}, {"postgresql-3", "127.77.1.3"}};
  out.voters = {{"etcd-1", "127.77.1.4"}};
  out.endpoints = {"postgresql-primary", "postgresql-replica"};
  return out;
}

EtcdKey key(const std::string& name, const std::string& value, std::int64_t mod = 5, std::int64_t lease_id = 0) {
  return {"/service/postgresql/" + name, value, 2, mod, lease_id};
}

ClusterKeys calm() {
  return cluster_keys({key("leader", "postgresql-1", 7, 99), key("sync", R"({"leader":"postgresql-1","sync_standby":"postgresql-2"})", 8),
                       key("config", R"({"ttl":30})", 3), key("initialize", "7123"), key("members/postgresql-2", "{}", 4, 51),
                       key("members/postgresql-3", "{}", 6, 52)},
                      "postgresql");
}

std::string condition(const std::function<void(ClusterKeys&, LeaderFacts&)>& damage) {
  ClusterKeys keys = calm();
  LeaderFacts about = facts();
  damage(keys, about);
  const Verdict verdict = judge_keys(keys, about);
  return verdict.refusal ? verdict.refusal->condition : "";
}

TEST(LeaderFacts, survive_the_way_over_the_socket) {
  const auto back = leader_facts_from(to_json(facts()).dump());
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, facts());
  LeaderFacts in_a_pod = facts();
  in_a_pod.voters.clear();
  in_a_pod.space = "shop";
  in_a_pod.labels = {{"app.kubernetes.io/part-of", "shop"}};
  in_a_pod.pods = {{"postgresql-1", "postgresql-primary-0"}};
  EXPECT_EQ(*leader_facts_from(to_json(in_a_pod).dump()), in_a_pod);
}

TEST(Steer, wakes_who_waits_without_need) {
  using Names = std::vector<std::string>;
  const auto leader = [](const char* extra) { return key("members/postgresql-1", std::string(R"({"state":"running","role":"master")") + extra + "}", 9, 50); };
  const auto replica = [](const char* name, const char* state) { return key(std::string("members/") + name, std::string(R"({"role":"replica","state":")") + state + "\"}", 9, 51); };
  const auto woken = [&](const EtcdKey& leads, const char* second, const char* third, const char* standby, bool synchronous = true) {
    return waits_without_need(cluster_keys({key("leader", "postgresql-1", 7, 50), key("sync", std::string(R"({"leader":"postgresql-1","sync_standby":)") + standby + "}", 8), leads,
                                            replica("postgresql-2", second), replica("postgresql-3", third)},
                                           "postgresql"),
                              synchronous);
  };
  EXPECT_EQ(woken(leader(""), "running", "running", R"("postgresql-2")"), Names{});
  EXPECT_EQ(woken(leader(""), "running", "stopped", R"("postgresql-2")"), Names{"postgresql-3"});
  EXPECT_EQ(woken(leader(""), "running", "stopped", "null"), (Names{"postgresql-3", "postgresql-1"}));
  EXPECT_EQ(woken(leader(""), "running", "running", "null", false), Names{});
  EXPECT_EQ(woken(leader(""), "stopped", "stopped", "null"), (Names{"postgresql-2", "postgresql-3"})) << "nobody streams yet";
  EXPECT_EQ(woken(leader(R"(,"checkpoint_after_promote":false)"), "running", "stopped", "null"), std::nullopt) << "its checkpoint is not over";
}

TEST(JudgeKeys, names_the_synchronous_members) {
  const Verdict verdict = judge_keys(calm(), facts());
  EXPECT_FALSE(verdict.refusal);
  EXPECT_EQ(verdict.candidates, std::vector<std::string>{"postgresql-2"});
}

TEST(JudgeKeys, refuses_by_the_first_condition_that_is_not_met) {
  using K = ClusterKeys;
  using F = LeaderFacts;
  EXPECT_EQ(condition([](K& k, F&) { k.config.reset(); }), "paused") << "cannot be ruled out";
  EXPECT_EQ(condition([](K& k, F&) { k.config->value = R"({"pause":true})"; }), "paused");
  EXPECT_EQ(condition([](K& k, F&) { k.config->value = R"({"standby_cluster":{}})"; }), "standby-cluster");
  EXPECT_EQ(condition([](K& k, F&) { k.failover = key("failover", R"({"leader":"postgresql-1"})"); }), "failover-pending");
  EXPECT_EQ(condition([](K& k, F&) { k.leader.reset(); }), "not-the-leader");
  EXPECT_EQ(condition([](K& k, F&) { k.leader->value = "postgresql-2"; }), "not-the-leader");
  EXPECT_EQ(condition([](K& k, F&) { k.sync.reset(); }), "sync-missing");
  EXPECT_EQ(condition([](K& k, F&) { k.sync->value = R"({"leader":null,"sync_standby":null})"; }), "sync-missing");
  EXPECT_EQ(condition([](K& k, F&) { k.sync->value = R"({"leader":"postgresql-3","sync_standby":"postgresql-2"})"; }), "not-sync-leader");
  EXPECT_EQ(condition([](K& k, F&) { k.sync->value = R"({"leader":"postgresql-1","sync_standby":null})"; }), "no-candidate");
}

TEST(JudgeKeys, without_synchronous_commit_every_other_member_is_a_candidate) {
  ClusterKeys keys = calm();
  keys.sync.reset();
  LeaderFacts about = facts();
  about.synchronous = false;
  EXPECT_EQ(judge_keys(keys, about).candidates, (std::vector<std::string>{"postgresql-2", "postgresql-3"}));
}

std::string chosen(bool in_sync, const std::map<std::string, Result<CandidateState>>& states) {
  const Choice choice = choose_heir({.candidates = {"postgresql-2", "postgresql-3"}, .in_sync = in_sync}, calm(), states, 100);
  return choice.refusal ? choice.refusal->condition : choice.heir;
}

CandidateState replica(const std::string& name, std::uint64_t received) { return {name, true, false, received}; }

TEST(ChooseHeir, takes_the_first_that_can_lead_now) {
  EXPECT_EQ(chosen(true, {{"postgresql-2", replica("postgresql-2", 0)}, {"postgresql-3", fail("no answer")}}), "postgresql-2");
  EXPECT_EQ(chosen(true, {{"postgresql-2", fail("no answer")}, {"postgresql-3", replica("postgresql-3", 0)}}), "postgresql-3");
  EXPECT_EQ(chosen(true, {{"postgresql-2", CandidateState{"postgresql-2", false, false, 100}}, {"postgresql-3", fail("no answer")}}), "candidate-unfit");
  EXPECT_EQ(chosen(true, {{"postgresql-2", CandidateState{"postgresql-2", true, true, 100}}}), "candidate-unfit") << "tagged nofailover";
}

TEST(ChooseHeir, without_a_record_only_who_received_the_whole_log) {
  EXPECT_EQ(chosen(false, {{"postgresql-2", replica("postgresql-2", 99)}, {"postgresql-3", replica("postgresql-3", 100)}}), "postgresql-3");
  EXPECT_EQ(chosen(false, {{"postgresql-2", replica("postgresql-2", 99)}, {"postgresql-3", replica("postgresql-3", 99)}}), "wal-behind");
}

TEST(ChooseHeir, hands_nothing_to_a_member_that_is_not_registered) {
  ClusterKeys keys = calm();
  keys.members.erase("postgresql-2");
  const Choice choice = choose_heir({.candidates = {"postgresql-2"}, .in_sync = true}, keys, {{"postgresql-2", replica("postgresql-2", 0)}}, 0);
  EXPECT_EQ(choice.refusal->condition, "candidate-unfit");
}

TEST(HandedOver, is_the_key_as_the_heir_would_write_it) {
  const EtcdKey key = handed_over(calm(), facts(), "postgresql-3");
  EXPECT_EQ(key.key, "/service/postgresql/leader");
  EXPECT_EQ(key.value, "postgresql-3");
  EXPECT_EQ(key.lease, 52);
}

TEST(ReleaseConditions, compare_everything_that_was_looked_at) {
  const auto conditions = release_conditions(calm(), facts(), "postgresql-2", 41);
  using Target = EtcdCompare::Target;
  const auto holds = [&](const std::string& name, Target target, std::int64_t number) {
    for (const auto& compare : conditions)
      if (compare.key == name && compare.target == target && compare.number == number) return true;
    return false;
  };
  EXPECT_TRUE(holds("/service/postgresql/leader", Target::mod_revision, 7));
  EXPECT_TRUE(holds("/service/postgresql/leader", Target::lease, 99));
  EXPECT_TRUE(holds("/service/postgresql/members/postgresql-2", Target::lease, 51)) << "the process that was asked";
  EXPECT_TRUE(holds("/service/postgresql/sync", Target::mod_revision, 8));
  EXPECT_TRUE(holds("/service/postgresql/config", Target::mod_revision, 3));
  EXPECT_TRUE(holds("/service/postgresql/failover", Target::create_revision, 0)) << "absent, and must still be";
  EXPECT_TRUE(holds("/keelson/postgresql/attempt", Target::mod_revision, 41));
}

TEST(ControlFile, tells_production_from_recovery) {
  std::string bytes(8192, '\0');
  const auto put = [&](std::size_t offset, auto value) { std::memcpy(bytes.data() + offset, &value, sizeof value); };
  put(8, std::uint32_t{1300});
  put(16, std::uint32_t{6});
  put(40, std::uint64_t{0x3000028});
  put(48, std::uint32_t{4});
  auto control = parse_control_file(bytes);
  ASSERT_TRUE(control);
  EXPECT_TRUE(control->in_production);
  EXPECT_EQ(control->redo, 0x3000028u);
  EXPECT_EQ(control->timeline, 4u);
  put(16, std::uint32_t{5});
  EXPECT_FALSE(parse_control_file(bytes)->in_production);
  put(8, std::uint32_t{1700});
  EXPECT_FALSE(parse_control_file(bytes)) << "another layout, perhaps";
  EXPECT_FALSE(parse_control_file("short"));
}

TEST(WalPosition, is_read_as_postgresql_writes_it) {
  EXPECT_EQ(format_position(0x16'b374d848), "16/B374D848");
  EXPECT_EQ(parse_position("16/B374D848"), 0x16'b374d848u);
  EXPECT_EQ(parse_position("16"), std::nullopt);
  EXPECT_EQ(last_record_in("pg_waldump: error: error in WAL record at 0/3000148: invalid record length at 0/3000180: wanted 24, got 0"), 0x3000148u);
  EXPECT_EQ(last_record_in("pg_waldump: error: could not find a valid record after 0/3000000"), std::nullopt);
  EXPECT_EQ(record_length_in("rmgr: Heap len (rec/tot):     54/   150, tx: 737, lsn: 0/03000148, prev 0/03000110, desc: INSERT"), 150u);
}

TEST(WalPosition, ends_a_record_behind_the_headers_it_crosses) {
  EXPECT_EQ(end_of_record(0x3000148, 54), 0x3000180u);
  EXPECT_EQ(end_of_record(0x3001ff0, 54), 0x3002000u + 24 + 40) << "38 bytes go on behind a page header, aligned to 8";
  EXPECT_EQ(end_of_record(0x3fffff0, 54), 0x4000000u + 40 + 40) << "and behind a segment's";
}

}  // namespace
}  // namespace keelson::postgresql
