#include "components/haproxy/haproxy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "components/haproxy/room.h"

namespace keelson::haproxy {
namespace {

constexpr Kind kDatabase{.name = "database", .summary = "of this test"};
constexpr Kind kPooler{.name = "pooler", .summary = "of this test", .in_blueprint = false};

class TestLayout : public Layout {
 public:
  Place place(const std::string&, const std::string& instance) const override {
    const std::string home = "/k/" + instance;
    return {home, home + "/config", home + "/tls", home + "/data", home + "/run"};
  }
  std::string program(const std::string& artifact, const std::string& relative) const override { return "/a/" + artifact + "/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string&) const override { return {{"PATH", "/usr/bin"}}; }
  std::string user(const std::string& component) const override { return component; }
};

/// A database with a pooler beside it, another component, and the balancer of the first.
Foundation foundation() {
  Foundation out{.name = "demo", .domain = "demo.internal"};
  out.components = {{.name = "db", .kind = &kDatabase}, {.name = "db-pooler", .kind = &kPooler, .companion_of = "db"},
                    {.name = "db-endpoints", .kind = &kHaproxy, .companion_of = "db"}, {.name = "cache", .kind = &kDatabase}};
  out.components[0].members = {{.name = "db-1", .address = "127.77.9.1"}, {.name = "db-2", .address = "127.77.9.2"}};
  out.components[1].members = {{.name = "db-pooler-1", .address = "127.77.9.3"}};
  out.components[2].members = {{.name = "db-endpoints-1", .address = "127.77.9.4", .instances = {{.name = "db-endpoints-1"}}}};
  out.components[3].members = {{.name = "cache-1", .address = "127.77.9.5"}};
  out.endpoints = {
      {.name = "db-primary", .component = "db", .address = "127.77.9.6", .port = 5432,
       .check = {.protocol = RoleCheckProtocol::https, .port = 8008, .request = "/primary"}, .publish = {{"127.0.0.1", 5432, {"127.0.0.0/8"}}}},
      {.name = "db-replica", .component = "db", .address = "127.77.9.7", .port = 5432,
       .check = {.protocol = RoleCheckProtocol::https, .port = 8008, .request = "/replica"}, .spread = true},
      {.name = "db-pool", .component = "db-pooler", .address = "127.77.9.8", .port = 5432, .backend_port = 6432,
       .check = {.protocol = RoleCheckProtocol::pgbouncer}},
      {.name = "db-keys", .component = "db", .address = "127.77.9.9", .port = 6379,
       .check = {.protocol = RoleCheckProtocol::redis, .request = "master", .user = "haproxy", .secret = "db/haproxy"}},
      {.name = "db-plain", .component = "db", .address = "127.77.9.10", .port = 9000},
      {.name = "cache-master", .component = "cache", .address = "127.77.9.11", .port = 6379}};
  return out;
}

Instance rendered(const Foundation& made) {
  Member member = made.components[2].members[0];
  const auto done = render({made, made.components[2], TestLayout()}, member);
  if (!done) ADD_FAILURE() << describe(done.error());
  return member.instances[0];
}

TEST(Haproxy, ServesItsOwnersEndpointsAndThoseOfItsOtherCompanionsOnly) {
  const Foundation made = foundation();
  std::vector<std::string> names;
  for (const Endpoint* endpoint : served(made, made.components[2])) names.push_back(endpoint->name);
  EXPECT_THAT(names, testing::ElementsAre("db-primary", "db-replica", "db-pool", "db-keys", "db-plain"));
}

TEST(Haproxy, TheFileIsTheGoldenOne) {
  std::ifstream in(std::string(TESTDATA) + "/haproxy.cfg");
  std::stringstream golden;
  golden << in.rdbuf();
  EXPECT_EQ(rendered(foundation()).files[0].content.redacted(), golden.str());
}

TEST(Haproxy, ListensForAPublishedPlaceWhereTheRuntimeLeadsItAndTakesWhomItAdmits) {
  Foundation made = foundation();
  Published& place = made.endpoints[0].publish[0];
  place.listen = "10.9.8.2";
  place.listen_port = 20000;
  place.admits = {"10.9.8.1", "192.0.2.0/24"};
  const std::string text = rendered(made).files[0].content.redacted();
  EXPECT_THAT(text, testing::HasSubstr(" bind 10.9.8.2:20000\n"
                                       " tcp-request connection reject if { dst 10.9.8.2 } { dst_port 20000 } !{ src 10.9.8.1 192.0.2.0/24 }\n"));
  EXPECT_THAT(text, testing::Not(testing::HasSubstr("bind 127.0.0.1:5432")));
}

TEST(Haproxy, ListensOnceWhereAPublishedPlaceLeadsToTheEndpointsOwn) {
  Foundation made = foundation();
  made.endpoints[0].publish[0].listen = made.endpoints[0].address;
  made.endpoints[0].publish[0].listen_port = made.endpoints[0].port;
  EXPECT_THAT(rendered(made).files[0].content.redacted(), testing::HasSubstr("listen db-primary\n bind 127.77.9.6:5432\n balance first"));
}

TEST(Haproxy, ThePasswordOfACheckIsAReference) {
  int references = 0;
  const Instance instance = rendered(foundation());
  for (const Text::Piece& piece : instance.files[0].content.pieces())
    if (const auto* secret = std::get_if<SecretRef>(&piece)) {
      ++references;
      EXPECT_EQ(*secret, (SecretRef{"db/haproxy", SecretForm::double_quoted}));
    }
  EXPECT_EQ(references, 1);
}

TEST(Haproxy, TrustsForEachKindOfCheckOnlyTheRootThatIssuesItsServers) {
  EXPECT_EQ(rendered(foundation()).trust,
            (std::vector<TrustFile>{{"trust-control", {TrustDomain::control}}, {"trust-services", {TrustDomain::services}}}));
}

TEST(Haproxy, WithoutAnyEndpointItIsAnError) {
  Foundation made = foundation();
  made.endpoints.clear();
  Member member = made.components[2].members[0];
  EXPECT_FALSE(render({made, made.components[2], TestLayout()}, member).has_value());
}

}  // namespace
}  // namespace keelson::haproxy
