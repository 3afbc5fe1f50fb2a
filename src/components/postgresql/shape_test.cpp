#include <algorithm>

#include "components/postgresql/parameters.h"
#include "components/postgresql/test_foundation.h"

namespace keelson::postgresql {
namespace {

Result<Shape> shaped(const Settings& settings) { return kPostgresql.verbs.shape({"demo", "postgresql", settings}); }

Settings one(std::string name, SettingValue value) {
  Settings out;
  out.emplace(std::move(name), std::move(value));
  return out;
}

std::string refusal(Settings more) {
  const auto shape = shaped(settings_of(std::move(more)));
  return shape ? "accepted" : describe(shape.error());
}

TEST(PostgresqlShape, ThreeMembersHaveAPrimaryAndASpreadReadOnlyEndpoint) {
  const auto shape = shaped(settings_of());
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->members.size(), 3u);
  ASSERT_EQ(shape->endpoints.size(), 2u);
  EXPECT_EQ(shape->endpoints[0].name, "postgresql-primary");
  EXPECT_EQ(shape->endpoints[0].check.request, "/primary");
  EXPECT_FALSE(shape->endpoints[0].spread);
  EXPECT_EQ(shape->endpoints[1].check.request, "/replica");
  EXPECT_TRUE(shape->endpoints[1].spread && shape->endpoints[1].read_only);
}

TEST(PostgresqlShape, TheSuperuserHasNoPasswordAndTheOwnerHasOne) {
  const auto shape = shaped(settings_of());
  ASSERT_TRUE(shape);
  ASSERT_EQ(shape->endpoints[0].users.size(), 2u);
  EXPECT_EQ(shape->endpoints[0].users[0].secret, "postgresql/nexus_app");
  EXPECT_EQ(shape->endpoints[0].users[1].name, "postgres");
  EXPECT_EQ(shape->endpoints[0].users[1].secret, "");
  ASSERT_EQ(shape->secrets.size(), 1u);
  EXPECT_EQ(shape->secrets[0].name, "postgresql/nexus_app");
}

TEST(PostgresqlShape, AnOwnersPasswordIsPinnedByAnyOfItsDatabasesAndByNoTwoDifferently) {
  const auto pinned = [](const char* name, const char* password) {
    SettingValue out = database(name, "app");
    Settings entry = out.object();
    if (password != nullptr) entry.emplace("password", SettingValue(std::string(password)));
    return SettingValue(std::move(entry));
  };
  Settings settings;
  settings.emplace("databases", SettingValue(SettingValue::List{pinned("one", nullptr), pinned("two", "known")}));
  const auto shape = shaped(with_defaults(settings));
  ASSERT_TRUE(shape);
  ASSERT_EQ(shape->secrets.size(), 1u);
  EXPECT_EQ(shape->secrets[0].pinned, "known");
  settings.at("databases") = SettingValue(SettingValue::List{pinned("one", "other"), pinned("two", "known")});
  const auto refused = shaped(with_defaults(settings));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "databases: two passwords are pinned for app");
}

TEST(PostgresqlShape, ItBringsConsensusPoolerAndEndpoints) {
  const auto shape = shaped(settings_of());
  ASSERT_TRUE(shape);
  std::vector<std::string> names;
  for (const Companion& companion : shape->companions) names.push_back(companion.name + ":" + companion.kind);
  EXPECT_EQ(names, (std::vector<std::string>{"etcd:etcd", "postgresql-pooler:pgbouncer", "postgresql-endpoints:haproxy"}));
}

TEST(PostgresqlShape, NoPoolerWhenNoneIsWanted) {
  const auto shape = shaped(settings_of(one("pooler", SettingValue(one("members", SettingValue(std::int64_t{0}))))));
  ASSERT_TRUE(shape);
  for (const Companion& companion : shape->companions) EXPECT_NE(companion.kind, "pgbouncer");
  for (const Edge& edge : shape->edges) EXPECT_NE(edge.port, 6432);
}

TEST(PostgresqlShape, OneMemberMustSayThatItIsAsynchronous) {
  EXPECT_NE(refusal(one("members", SettingValue(std::int64_t{1}))).find("durability: asynchronous"), std::string::npos);
  Settings said = one("members", SettingValue(std::int64_t{1}));
  said.emplace("durability", SettingValue(std::string("asynchronous")));
  const auto shape = shaped(settings_of(said));
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->endpoints.size(), 1u) << "no replica endpoint without a replica";
}

TEST(PostgresqlShape, QuorumIsRefusedWithTheReason) {
  EXPECT_NE(refusal(one("durability", SettingValue(std::string("quorum")))).find("needs Patroni 4"), std::string::npos);
}

TEST(PostgresqlShape, ADatabaseMayNotTakeTheNamesOfTheSystem) {
  for (const auto& [name, owner] : {std::pair{"postgres", "app"}, {"nexus", "postgres"}, {"nexus", "pg_monitor"}, {"nexus", "replicator"}})
    EXPECT_NE(refusal(one("databases", SettingValue(SettingValue::List{database(name, owner)}))).find("is taken"), std::string::npos) << name << owner;
}

TEST(PostgresqlShape, PoolsMustFitIntoMaxConnections) {
  EXPECT_NE(refusal(one("max-connections", SettingValue(std::int64_t{50}))).find("leaves room for 35"), std::string::npos);
}

TEST(PostgresqlShape, ParametersThatKeelsonOwnsAreRefusedWithTheReason) {
  const auto parameters = [](const char* name) { return one("parameters", SettingValue(one(name, SettingValue(std::string("x"))))); };
  EXPECT_NE(refusal(parameters("fsync")).find("off loses data"), std::string::npos);
  EXPECT_NE(refusal(parameters("ssl_cert_file")).find("TLS is keelson's"), std::string::npos);
  EXPECT_NE(refusal(parameters("Work_Mem")).find("lower case"), std::string::npos);
  EXPECT_EQ(refusal(parameters("work_mem")), "accepted");
}

TEST(PostgresqlParameters, MemoryIsSharedOutFromTheLimit) {
  const auto out = parameters_of(settings_of());
  ASSERT_TRUE(out);
  EXPECT_EQ(out->restart.at("shared_buffers"), "128MB");
  EXPECT_EQ(out->reload.at("effective_cache_size"), "384MB");
  EXPECT_EQ(out->reload.at("maintenance_work_mem"), "32MB");
  EXPECT_EQ(out->reload.at("work_mem"), "1MB") << "never less than 1 MB, however many sessions";
  EXPECT_EQ(out->cluster.at("wal_keep_size"), "1024MB");
  EXPECT_EQ(out->cluster.at("max_connections"), "200");
}

TEST(PostgresqlParameters, ABlueprintsOwnParameterGoesWhereItCounts) {
  Settings own;
  for (const char* name : {"max_worker_processes", "shared_preload_libraries", "work_mem"}) own.emplace(name, SettingValue(std::string("7")));
  const auto out = parameters_of(settings_of(one("parameters", SettingValue(std::move(own)))));
  ASSERT_TRUE(out);
  EXPECT_EQ(out->cluster.at("max_worker_processes"), "7");
  EXPECT_EQ(out->restart.at("shared_preload_libraries"), "7");
  EXPECT_EQ(out->reload.at("work_mem"), "7");
}

TEST(PostgresqlParameters, StrictSynchronyFollowsDurability) {
  EXPECT_TRUE((*dynamic_configuration(settings_of()))["synchronous_mode_strict"].as_bool());
  const Settings weak = settings_of(one("durability", SettingValue(std::string("asynchronous"))));
  EXPECT_FALSE((*dynamic_configuration(weak))["synchronous_mode"].as_bool(true));
}

}  // namespace
}  // namespace keelson::postgresql
