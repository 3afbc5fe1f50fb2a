#include "runtime/compose/folder.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "runtime/compose/test_foundation.h"
#include "runtime/golden_file.h"
#include "supervision/member_facts.h"

namespace keelson::compose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string golden(const std::string& name, const std::string& made) { return golden_file(TESTDATA, name, made); }

const Service* service(const Folder& folder, const std::string& name) {
  for (const Service& one : folder.compose.services)
    if (one.name == name) return &one;
  return nullptr;
}

TEST(Folder, the_compose_file_of_a_watched_redis_is_the_golden_one) {
  const auto folder = TestFoundation(kRedis).folder();
  ASSERT_TRUE(folder);
  const std::string text = text_of(folder->compose);
  EXPECT_EQ(text, golden("redis.compose.yaml", text));
}

TEST(Folder, the_compose_file_of_a_lone_redis_is_the_golden_one) {
  const auto folder = TestFoundation("foundation: minimal\ncomponents:\n  redis: { members: 1 }\n").folder();
  ASSERT_TRUE(folder);
  const std::string text = text_of(folder->compose);
  EXPECT_EQ(text, golden("minimal.compose.yaml", text));
}

TEST(Folder, the_compose_file_of_a_pooled_postgresql_is_the_golden_one) {
  const auto folder = TestFoundation(kPostgresql).folder();
  ASSERT_TRUE(folder) << describe(folder.error().front());
  const std::string text = text_of(folder->compose);
  EXPECT_EQ(text, golden("postgresql.compose.yaml", text));
}

TEST(Folder, the_compose_file_of_programs_of_ones_own_is_the_golden_one) {
  const auto folder = TestFoundation(kShop).folder();
  ASSERT_TRUE(folder) << describe(folder.error().front());
  const std::string text = text_of(folder->compose);
  EXPECT_EQ(text, golden("shop.compose.yaml", text));
}

TEST(Folder, the_compose_file_of_published_endpoints_is_the_golden_one) {
  const auto folder = TestFoundation(kPublishing).folder();
  ASSERT_TRUE(folder) << describe(folder.error().front());
  const std::string text = text_of(folder->compose);
  EXPECT_EQ(text, golden("published.compose.yaml", text));
}

TEST(Folder, an_image_of_ones_own_is_pulled_when_missing_and_asked_by_nothing_of_keelsons) {
  const auto folder = TestFoundation(kShop).folder();
  ASSERT_TRUE(folder);
  const Service* orders = service(*folder, "orders-1");
  EXPECT_EQ(orders->image, "shop/orders:1.4");
  EXPECT_EQ(orders->pull, Pull::missing);
  EXPECT_THAT(orders->healthcheck.test, ::testing::IsEmpty());
  EXPECT_THAT(orders->command, ElementsAre("/usr/bin/python3", "/opt/shop/shop.py", HasSubstr("--at=10.")));
  EXPECT_THAT(orders->secrets, ::testing::IsSupersetOf({Mount{"orders-1.password", "/keelson/config/password"}, Mount{"orders-1.tls.server.key", "/keelson/tls/server.key"}}));
  EXPECT_THAT(orders->volumes, ElementsAre(Mount{"orders-1-data", "/keelson/data"}));
  EXPECT_THAT(service(*folder, "worker-1")->volumes, ::testing::IsEmpty()) << "it keeps nothing";
  EXPECT_EQ(service(*folder, "redis-1")->pull, Pull::never) << "no registry has keelson's own";
}

TEST(Folder, a_foreign_image_of_an_engine_is_given_command_and_configuration_and_no_more) {
  const auto folder = TestFoundation(std::string(kRedis) + "images: { haproxy: \"haproxy:2.6\" }\n").folder();
  ASSERT_TRUE(folder) << describe(folder.error().front());
  const Service* balancer = service(*folder, "redis-endpoints-1");
  EXPECT_EQ(balancer->image, "haproxy:2.6");
  EXPECT_THAT(balancer->command, ElementsAre("haproxy", "-W", "-f", "/keelson/config/haproxy.cfg")) << "wherever it has its program";
  EXPECT_THAT(balancer->environment, ::testing::Contains(std::pair<std::string, std::string>("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")));
  EXPECT_THAT(balancer->volumes, ::testing::IsEmpty());
  EXPECT_THAT(balancer->tmpfs, ElementsAre(HasSubstr("/keelson/run:uid="), HasSubstr("/keelson/data:uid=")));
}

TEST(Folder, who_starts_after_a_foreign_image_waits_for_its_start_only) {
  const auto conditions = [](const std::string& more) {
    const auto folder = TestFoundation(std::string(kPostgresql) + more).folder();
    std::vector<std::string> out;
    if (!folder) { ADD_FAILURE() << describe(folder.error().front()); return out; }
    for (const Dependency& one : service(*folder, "postgresql-1")->after) out.push_back(one.service + " " + one.condition);
    return out;
  };
  EXPECT_THAT(conditions(""), ElementsAre("etcd-1 service_healthy", "etcd-2 service_healthy", "etcd-3 service_healthy"));
  EXPECT_THAT(conditions("images: { etcd: \"etcd:3.4\" }\n"), ElementsAre("etcd-1 service_started", "etcd-2 service_started", "etcd-3 service_started"));
}

TEST(Folder, keelsons_own_image_by_way_of_a_registry_still_carries_keelson) {
  const auto folder = TestFoundation(std::string(kRedis) + "images: { redis: \"registry.example.org:5000/keelson/redis:7.0-8c1479f62efd\" }\n").folder();
  ASSERT_TRUE(folder) << describe(folder.error().front());
  const Service* redis = service(*folder, "redis-1");
  EXPECT_EQ(redis->image, "registry.example.org:5000/keelson/redis:7.0-8c1479f62efd");
  EXPECT_EQ(redis->command.front(), "/usr/bin/keelson");
  EXPECT_THAT(redis->healthcheck.test, ::testing::Contains("probe"));
}

TEST(Folder, an_engine_that_keelson_makes_ready_for_its_start_is_refused_another_image) {
  const auto folder = TestFoundation(std::string(kRedis) + "images: { redis: \"redis:7.0\" }\n").folder();
  ASSERT_FALSE(folder);
  ASSERT_EQ(folder.error().size(), 1U);
  EXPECT_EQ(folder.error().front().code, ErrorCode::not_supported);
  EXPECT_EQ(folder.error().front().why, "redis-1 is made ready for each of its starts by keelson, which is not in redis:7.0");
}

TEST(Folder, a_health_check_that_must_show_a_certificate_shows_the_members_own) {
  const auto folder = TestFoundation(kPostgresql).folder();
  ASSERT_TRUE(folder);
  const std::vector<std::string> test = service(*folder, "etcd-2")->healthcheck.test;
  const auto shown = std::find(test.begin(), test.end(), "--certificate");
  ASSERT_NE(shown, test.end());
  EXPECT_EQ(*(shown + 1), "/keelson/tls/client-port.crt");
  EXPECT_THAT(service(*folder, "etcd-2")->secrets, ::testing::Contains(Mount{"etcd-2.tls.client-port.key", "/keelson/tls/client-port.key"}));
  EXPECT_THAT(service(*folder, "etcd-2")->configs, ::testing::Contains(Mount{"trust.control.crt", "/keelson/probe/control.crt"}));
}

TEST(Folder, the_number_a_container_runs_as_has_the_name_that_the_engine_is_told) {
  const TestFoundation made(kPostgresql);
  const auto folder = made.folder();
  ASSERT_TRUE(folder);
  const std::string number = std::to_string(made.users().uid_of("postgresql"));
  EXPECT_EQ(service(*folder, "postgresql-1")->user, number + ":" + number);
  EXPECT_THAT(service(*folder, "postgresql-1")->configs, ::testing::Contains(Mount{"postgresql-1.passwd", "/etc/passwd"}));
  for (const FolderFile& file : folder->given.files) {
    if (file.path == "config/postgresql-1/passwd") { EXPECT_EQ(file.content.redacted(), "postgresql:x:" + number + ":" + number + "::/keelson:/usr/sbin/nologin\n"); }
    if (file.path == "config/postgresql-1/settings.yml") { EXPECT_THAT(file.content.redacted(), HasSubstr("keelson \\\"postgresql\\\" postgres")); }
  }
}

TEST(Folder, what_a_folder_alone_cannot_change_later_is_told) {
  const auto folder = TestFoundation(kPostgresql).folder();
  ASSERT_TRUE(folder);
  EXPECT_THAT(folder->notes, ElementsAre(HasSubstr("postgresql: what is made inside it")));
}

TEST(Folder, keelson_is_the_first_process_of_members_that_may_lead_and_of_no_others) {
  const auto folder = TestFoundation(kPostgresql).folder();
  ASSERT_TRUE(folder);
  const Service* member = service(*folder, "postgresql-1");
  EXPECT_FALSE(member->init) << "Docker's own first process would be in its place";
  EXPECT_THAT(member->command, ::testing::IsSupersetOf({"/usr/bin/keelson", "member", "--facts", "/keelson/keelson-member.json"}));
  EXPECT_THAT(member->configs, ::testing::Contains(Mount{"postgresql-1.keelson-member.json", "/keelson/keelson-member.json"}));
  EXPECT_TRUE(service(*folder, "etcd-1")->init);
  EXPECT_THAT(service(*folder, "etcd-1")->command, Not(::testing::Contains("--facts")));
}

TEST(Folder, what_a_member_that_leads_goes_by_is_inside_its_container) {
  const auto folder = TestFoundation(kPostgresql).folder();
  ASSERT_TRUE(folder);
  const auto& files = folder->given.files;
  const auto file = std::find_if(files.begin(), files.end(), [](const FolderFile& one) { return one.path == "config/postgresql-2/keelson-member.json"; });
  ASSERT_NE(file, files.end());
  const auto facts = member_facts_from(file->content.redacted());
  ASSERT_TRUE(facts) << describe(facts.error());
  EXPECT_EQ(facts->leadership.kind, "postgresql");
  EXPECT_EQ(facts->leadership.engine_pid_file, "/keelson/data/pgdata/postmaster.pid");
  EXPECT_EQ(facts->trust.at("control"), "/keelson/tls/control.crt");
  EXPECT_EQ(facts->certificates.at("control"), "/keelson/tls/patroni");
  EXPECT_EQ((*parse_json(facts->leadership.facts))["balancer"].as_string(), "") << "its socket is in another container";
}

TEST(Folder, what_holds_a_secret_is_under_secrets_and_private_and_nothing_else_is) {
  const auto folder = TestFoundation(kRedis).folder();
  ASSERT_TRUE(folder);
  int secrets = 0;
  for (const FolderFile& file : folder->given.files) {
    const bool secret = file.content.redacted().find("${secret:") != std::string::npos;
    secrets += secret ? 1 : 0;
    EXPECT_EQ(file.path.starts_with("secrets/"), secret) << file.path;
    EXPECT_EQ(file.mode, secret ? 0600U : 0644U) << file.path;
  }
  EXPECT_GT(secrets, 10);
  EXPECT_THAT(text_of(folder->compose), Not(HasSubstr("${secret:")));
}

TEST(Folder, a_file_the_engine_writes_itself_is_given_and_lives_in_a_volume) {
  const auto folder = TestFoundation(kRedis).folder();
  ASSERT_TRUE(folder);
  const Service* sentinel = service(*folder, "redis-sentinel-1");
  ASSERT_NE(sentinel, nullptr);
  EXPECT_THAT(sentinel->secrets, ::testing::Contains(Mount{"redis-sentinel-1.sentinel.conf", "/keelson/given/sentinel.conf"}));
  EXPECT_THAT(sentinel->volumes, ::testing::Contains(Mount{"redis-sentinel-1-config", "/keelson/config"}));
  EXPECT_THAT(sentinel->command, ElementsAre("/usr/bin/keelson", "member", "--home", "/keelson", "--", "/usr/bin/redis-server", "/keelson/config/sentinel.conf", "--sentinel"));
}

TEST(Folder, another_setting_makes_only_those_services_start_anew_that_it_concerns) {
  const auto before = TestFoundation(kRedis).folder();
  const auto after = TestFoundation("foundation: demo\ncomponents:\n  redis: { members: 3, memory: 96Mi, storage: 1Gi }\n").folder();
  ASSERT_TRUE(before && after);
  EXPECT_NE(service(*before, "redis-1")->digest, service(*after, "redis-1")->digest);
  EXPECT_EQ(service(*before, "redis-sentinel-1")->digest, service(*after, "redis-sentinel-1")->digest);
  EXPECT_EQ(service(*before, "redis-endpoints-1")->digest, service(*after, "redis-endpoints-1")->digest);
}

TEST(Folder, what_no_container_can_run_is_one_refusal_for_each_entry) {
  const auto folder = TestFoundation("foundation: demo\ncomponents:\n  shop: { kind: custom, command: [/usr/bin/shop] }\n  tick: { kind: custom, command: [/bin/tick] }\n").folder();
  ASSERT_FALSE(folder);
  std::vector<std::string> told;
  for (const Error& error : folder.error()) {
    told.push_back(error.what);
    EXPECT_EQ(error.code, ErrorCode::not_supported);
  }
  EXPECT_THAT(told, ElementsAre("components.shop cannot run on Compose", "components.tick cannot run on Compose"));
}

TEST(Folder, a_dollar_is_never_interpolated) {
  File file{.project = "demo", .services = {{.name = "a", .image = "i", .command = {"/bin/x", "$HOME", "${PATH}"}}}};
  EXPECT_THAT(text_of(file), HasSubstr("[/bin/x, \"$$HOME\", \"$${PATH}\"]"));
}

}  // namespace
}  // namespace keelson::compose
