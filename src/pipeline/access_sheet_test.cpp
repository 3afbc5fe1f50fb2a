#include "pipeline/access_sheet.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

Foundation two_endpoints() {
  Foundation foundation;
  foundation.name = "demo";
  foundation.domain = "demo.internal";
  Endpoint primary;
  primary.name = "postgresql-primary";
  primary.component = "postgresql";
  primary.address = "127.77.1.10";
  primary.port = 5432;
  primary.protocol = "postgresql";
  primary.database = "app";
  primary.users = {{"nexus_app", "postgresql/app"}, {"postgres", "postgresql/admin"}};
  Endpoint redis;
  redis.name = "redis-master";
  redis.address = "127.77.1.20";
  redis.port = 6379;
  redis.protocol = "redis";
  redis.read_only = true;
  redis.publish = {{"127.0.0.1", 6379, {"127.0.0.0/8"}}};
  foundation.endpoints = {primary, redis};
  return foundation;
}

TEST(AccessSheet, names_every_endpoint_its_users_and_their_secrets) {
  EXPECT_EQ(access_text(two_endpoints(), Resolvable::all, "/state/ca.crt"),
            "Access to demo\n"
            "Clients trust /state/ca.crt; every connection is TLS.\n"
            "Passwords are in the secret store: keelson secret get NAME --reveal\n"
            "\n"
            "postgresql-primary:5432\n"
            "  address   127.77.1.10:5432\n"
            "  names     postgresql-primary, postgresql-primary.demo.internal\n"
            "  protocol  postgresql, TLS\n"
            "  database  app\n"
            "  users     nexus_app (secret postgresql/app), postgres (secret postgresql/admin)\n"
            "\n"
            "redis-master:6379\n"
            "  address   127.77.1.20:6379\n"
            "  names     redis-master, redis-master.demo.internal\n"
            "  protocol  redis, TLS, read-only\n"
            "  published 127.0.0.1:6379 from 127.0.0.0/8\n");
}

TEST(AccessSheet, says_what_of_the_runtime_leads_to_a_published_place) {
  Foundation foundation = two_endpoints();
  foundation.endpoints[1].publish = {{"0.0.0.0", 6380, {"192.0.2.0/24"}}};
  foundation.endpoints[1].publish[0].by = "service redis-master-published";
  EXPECT_NE(access_text(foundation, Resolvable::full, "/state/ca.crt").find("  published 0.0.0.0:6380 from 192.0.2.0/24 (service redis-master-published)\n"), std::string::npos);
}

TEST(AccessSheet, as_json_leaves_out_a_database_that_means_nothing) {
  const Json json = access_json(two_endpoints(), Resolvable::all, "/state/ca.crt");
  ASSERT_EQ(json["endpoints"].items().size(), 2u);
  const Json& primary = json["endpoints"].items()[0];
  EXPECT_EQ(primary.dump(),
            R"({"name":"postgresql-primary","host":"postgresql-primary","address":"127.77.1.10","port":5432,"protocol":"postgresql",)"
            R"("database":"app","users":[{"name":"nexus_app","secret":"postgresql/app"},{"name":"postgres","secret":"postgresql/admin"}],)"
            R"("ca":"/state/ca.crt"})");
  EXPECT_FALSE(json["endpoints"].items()[1].has("database"));
}

TEST(AccessSheet, shows_no_name_that_does_not_resolve_here) {
  const std::string full = access_text(two_endpoints(), Resolvable::full, "/ca");
  EXPECT_NE(full.find("  names     redis-master.demo.internal\n"), std::string::npos) << full;
  EXPECT_NE(full.find("Another foundation"), std::string::npos);
  EXPECT_EQ(access_text(two_endpoints(), Resolvable::none, "/ca").find("  names "), std::string::npos);
  const auto host = [](Resolvable names) { return access_json(two_endpoints(), names, "/ca")["endpoints"].items()[1]["host"].as_string(); };
  EXPECT_EQ(host(Resolvable::all), "redis-master");
  EXPECT_EQ(host(Resolvable::full), "redis-master.demo.internal");
  EXPECT_EQ(host(Resolvable::none), "127.77.1.20");
}

}  // namespace
}  // namespace keelson
