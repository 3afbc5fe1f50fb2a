#include <algorithm>

#include "base/json.h"
#include "components/postgresql/test_foundation.h"

namespace keelson::postgresql {
namespace {

bool has(const std::vector<std::string>& list, const std::string& wanted) { return std::find(list.begin(), list.end(), wanted) != list.end(); }

TEST(PostgresqlRender, TheSameFoundationGivesTheSameBytes) {
  const Foundation foundation = foundation_of(settings_of());
  EXPECT_EQ(rendered(foundation, FakeLayout()).files, rendered(foundation, FakeLayout()).files);
}

TEST(PostgresqlRender, EveryYamlFileIsJson) {
  const Instance instance = rendered(foundation_of(settings_of()), FakeLayout());
  for (const char* path : {"bootstrap.yml", "member.yml", "settings.yml"}) EXPECT_TRUE(parse_json(file_of(instance, path))) << path;
}

TEST(PostgresqlRender, WithoutSlotsAndWithPeerLoginForTheSuperuser) {
  const Instance instance = rendered(foundation_of(settings_of()), FakeLayout());
  const Json first = *parse_json(file_of(instance, "bootstrap.yml")), member = *parse_json(file_of(instance, "member.yml"));
  EXPECT_FALSE(first["bootstrap"]["dcs"]["postgresql"]["use_slots"].as_bool(true));
  EXPECT_EQ(member["postgresql"]["authentication"]["superuser"].dump(), R"({"username":"postgres"})");
  EXPECT_EQ(member["postgresql"]["authentication"]["replication"]["sslmode"].as_string(), "verify-full");
  EXPECT_EQ(member["etcd3"]["hosts"].items().size(), 3u);
}

TEST(PostgresqlRender, TheLastRulesRefuseWhatIsLeftAndNoRuleAllowsPlaintext) {
  const Instance instance = rendered(foundation_of(settings_of()), FakeLayout());
  const Json settings = *parse_json(file_of(instance, "settings.yml"));
  bool refuses = false;
  for (const Json& rule : settings["postgresql"]["pg_hba"].items()) {
    const std::string& line = rule.as_string();
    EXPECT_TRUE(!line.starts_with("host ") || line.ends_with(" reject")) << line;
    EXPECT_EQ(line.find("trust"), std::string::npos) << line;
    refuses = refuses || line == "host all all all reject";
  }
  EXPECT_TRUE(refuses);
}

TEST(PostgresqlRender, TrustFilesKeepTheDomainsApart) {
  const Instance instance = rendered(foundation_of(settings_of()), FakeLayout());
  for (const TrustFile& file : instance.trust) EXPECT_EQ(file.domains.size(), 1u) << file.name;
  for (const Certificate& certificate : instance.certificates) {
    const bool login = certificate.name == "replicator" || certificate.name == "rewind";
    const bool control = certificate.name == "rest" || certificate.name == "patroni";
    EXPECT_EQ(certificate.domain, login ? TrustDomain::members : control ? TrustDomain::control : TrustDomain::services) << certificate.name;
  }
  const Json settings = *parse_json(file_of(instance, "settings.yml"));
  EXPECT_EQ(settings["postgresql"]["parameters"]["ssl_ca_file"].as_string(), "/k/postgresql-1/tls/members.crt");
}

TEST(PostgresqlRender, TheServerCertificateCarriesTheEndpointsAndWhatIsPublished) {
  Foundation foundation = foundation_of(settings_of());
  foundation.endpoints.front().publish = {{"127.0.0.1", 5432, {"127.0.0.0/8"}}};
  const Instance instance = rendered(foundation, FakeLayout(), 1);
  const Certificate& server = instance.certificates.front();
  for (const char* name : {"postgresql-2", "postgresql-2.demo.internal", "postgresql-primary", "postgresql-replica.demo.internal"})
    EXPECT_TRUE(has(server.dns_names, name)) << name;
  for (const char* address : {"127.77.1.2", "127.77.1.101", "127.77.1.102", "127.0.0.1"}) EXPECT_TRUE(has(server.ip_addresses, address)) << address;
  EXPECT_FALSE(server.client);
}

TEST(PostgresqlRender, ListeningEverywhereItIsVerifiedAsLocalhostToo_ByWhichPatroniAsksIt) {
  EXPECT_FALSE(has(rendered(foundation_of(settings_of()), FakeLayout()).certificates.front().dns_names, "localhost"));
  Foundation foundation = foundation_of(settings_of());
  for (Component& component : foundation.components)
    for (Member& member : component.members) member.listen = kEveryAddress;
  EXPECT_TRUE(has(rendered(foundation, FakeLayout()).certificates.front().dns_names, "localhost"));
}

TEST(PostgresqlRender, ItWaitsForEveryVoter) {
  EXPECT_EQ(rendered(foundation_of(settings_of()), FakeLayout()).after, (std::vector<std::string>{"etcd-1", "etcd-2", "etcd-3"}));
}

struct ElectingLayout : FakeLayout {
  std::optional<LeaseStore> lease_store(const std::string&) const override { return LeaseStore{"shop", {{"part-of", "demo"}}, "component"}; }
};

TEST(PostgresqlRender, WithoutEtcdTheLeadershipIsGivenUpWherePatroniElects) {
  Foundation foundation = foundation_of(settings_of());
  for (Member& member : foundation.components.front().members) {
    member.listen = "0.0.0.0";
    member.host = member.name + "-0";
  }
  const Instance instance = rendered(foundation, ElectingLayout());
  const Json facts = *parse_json(instance.leadership.facts), patroni = *parse_json(file_of(instance, "member.yml"));
  EXPECT_EQ(instance.leadership.kind, "postgresql");
  EXPECT_EQ(facts["space"].as_string(), patroni["kubernetes"]["namespace"].as_string());
  EXPECT_EQ(facts["labels"].dump(), R"({"component":"postgresql","part-of":"demo"})");
  EXPECT_EQ(facts["pods"]["postgresql-1"].as_string(), patroni["name"].as_string()) << "as Patroni calls itself";
  EXPECT_EQ(facts["address"].as_string(), "0.0.0.0") << "its own, seen from inside";
  EXPECT_TRUE(facts["voters"].items().empty());
}

TEST(PostgresqlRender, OnlyTheOwnUserAndRootBecomeTheSuperuser) {
  const Json settings = *parse_json(file_of(rendered(foundation_of(settings_of()), FakeLayout()), "settings.yml"));
  EXPECT_EQ(settings["postgresql"]["pg_ident"].dump(), R"(["keelson \"k-postgresql\" postgres","keelson root postgres"])");
}

TEST(PostgresqlRender, WhereTheSocketIsOutOfReachKeelsonsCertificateBecomesTheSuperuser_ByAMapOfItsOwn) {
  FakeLayout layout;
  layout.reached_by = Reach::network;
  const Json settings = *parse_json(file_of(rendered(foundation_of(settings_of()), layout), "settings.yml"));
  EXPECT_EQ(settings["postgresql"]["pg_ident"].dump(), R"(["keelson \"k-postgresql\" postgres","keelson root postgres","keelson-agent keelson-agent postgres"])");
}

TEST(PostgresqlRender, ASocketPathThatCannotBeIsRefused) {
  FakeLayout layout;
  layout.root = "/" + std::string(90, 'x');
  const Foundation foundation = foundation_of(settings_of());
  Member member = foundation.components.front().members.front();
  const auto done = kPostgresql.verbs.render({foundation, foundation.components.front(), layout}, member);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::preflight_refused);
}

TEST(PostgresqlRender, AWiderDatabaseListChangesNothingThatNeedsARestart) {
  Settings two;
  two.emplace("databases", SettingValue(SettingValue::List{database("nexus", "nexus_app"), database("later", "later_app")}));
  const Instance before = rendered(foundation_of(settings_of()), FakeLayout()), after = rendered(foundation_of(with_defaults(std::move(two))), FakeLayout());
  EXPECT_EQ(file_of(before, "member.yml"), file_of(after, "member.yml"));
  EXPECT_NE(file_of(before, "settings.yml"), file_of(after, "settings.yml"));
}

}  // namespace
}  // namespace keelson::postgresql
