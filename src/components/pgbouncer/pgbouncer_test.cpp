#include "components/pgbouncer/pgbouncer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "component/defaults.h"
#include "model/foundation.h"
#include "model/layout.h"

namespace keelson {
namespace {

struct FakeLayout : Layout {
  Place place(const std::string&, const std::string& i) const override { return {"/k/" + i, "/k/" + i + "/conf", "/k/" + i + "/tls", "/k/" + i + "/data", "/k/" + i + "/run"}; }
  std::string program(const std::string&, const std::string& relative) const override { return "/store/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string&) const override { return {}; }
  std::string user(const std::string&) const override { return "k-pooler"; }
};

Settings settings() {
  SettingValue::List databases;
  for (const char* name : {"nexus", "other"}) {
    Settings entry;
    entry.emplace("name", SettingValue(std::string(name)));
    entry.emplace("owner", SettingValue(std::string("nexus_app")));
    databases.emplace_back(std::move(entry));
  }
  Settings out;
  out.emplace("of", SettingValue(std::string("postgresql")));
  out.emplace("databases", SettingValue(std::move(databases)));
  EXPECT_TRUE(fill_defaults(out, kPgbouncer.settings));
  return out;
}

Instance rendered() {
  Foundation foundation{.name = "demo", .domain = "demo.internal"};
  Component component{.name = "postgresql-pooler", .kind = &kPgbouncer, .companion_of = "postgresql", .settings = settings()};
  component.members = {{"postgresql-pooler-1", "postgresql-pooler", 1, "127.77.1.7", {Instance{.name = "postgresql-pooler-1"}}}};
  foundation.components = {component};
  foundation.endpoints = {{.name = "postgresql-primary", .component = "postgresql", .address = "127.77.1.101", .port = 5432},
                          {.name = "postgresql-pooler", .component = "postgresql-pooler", .address = "127.77.1.103", .port = 6432}};
  Member member = component.members.front();
  const auto done = kPgbouncer.verbs.render({foundation, component, FakeLayout()}, member);
  EXPECT_TRUE(done) << describe(done.error());
  return member.instances.front();
}

TEST(Pgbouncer, EveryDatabaseLeadsToThePrimaryEndpoint) {
  const std::string text = rendered().files.front().content.redacted();
  EXPECT_NE(text.find("\nnexus = host=127.77.1.101 port=5432 dbname=nexus\nother = host=127.77.1.101 port=5432 dbname=other\n"), std::string::npos) << text;
}

TEST(Pgbouncer, ItHoldsNoPasswordAndSpeaksTlsOnBothSides) {
  const Instance instance = rendered();
  for (const Text::Piece& piece : instance.files.front().content.pieces()) EXPECT_TRUE(std::holds_alternative<std::string>(piece));
  const std::string text = instance.files.front().content.redacted();
  for (const char* line : {"client_tls_sslmode = require", "server_tls_sslmode = verify-full", "auth_type = scram-sha-256", "unix_socket_dir =\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line;
  EXPECT_EQ(text.find("auth_file"), std::string::npos);
}

TEST(Pgbouncer, BothRootsAreNamedBecauseElseItReadsTheMachines) {
  const std::string text = rendered().files.front().content.redacted();
  for (const char* line : {"client_tls_ca_file = ", "server_tls_ca_file = "}) EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(Pgbouncer, ItsOwnLoginIsOfTheMembersDomain) {
  const Instance instance = rendered();
  ASSERT_EQ(instance.certificates.size(), 2u);
  EXPECT_EQ(instance.certificates[1].common_name, "pgb_auth");
  EXPECT_EQ(instance.certificates[1].domain, TrustDomain::members);
  const auto& ips = instance.certificates[0].ip_addresses;
  EXPECT_NE(std::find(ips.begin(), ips.end(), "127.77.1.103"), ips.end()) << "clients come by the endpoint's address";
}

TEST(Pgbouncer, TheEndpointIsSpreadAndNamesEachOwnerOnce) {
  const auto shape = kPgbouncer.verbs.shape({"demo", "postgresql-pooler", settings()});
  ASSERT_TRUE(shape);
  ASSERT_EQ(shape->endpoints.size(), 1u);
  EXPECT_TRUE(shape->endpoints[0].spread);
  ASSERT_EQ(shape->endpoints[0].users.size(), 1u);
  EXPECT_EQ(shape->endpoints[0].users[0].secret, "postgresql/nexus_app");
}

}  // namespace
}  // namespace keelson
