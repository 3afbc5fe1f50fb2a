#include "cli/connection.h"

#include <gtest/gtest.h>

namespace keelson::cli {
namespace {

Endpoint endpoint(const std::string& name, const std::string& component, const std::string& protocol) {
  Endpoint result;
  result.name = name;
  result.component = component;
  result.protocol = protocol;
  result.port = 5432;
  result.database = "app";
  result.users = {{"nexus_app", component + "/app"}, {"postgres", component + "/superuser"}};
  return result;
}

Foundation foundation() {
  Foundation f;
  f.endpoints = {endpoint("postgresql-replica", "postgresql", "postgresql"), endpoint("postgresql-primary", "postgresql", "postgresql")};
  f.endpoints[0].read_only = true;
  return f;
}

std::string chosen(const std::string& component, const std::string& role) {
  const Foundation f = foundation();
  const auto connection = choose_connection(f, component, role);
  return connection ? connection->endpoint->name + " " + connection->user.name : connection.error().what;
}

TEST(Connection, without_a_role_takes_the_endpoint_that_takes_writes) { EXPECT_EQ(chosen("postgresql", ""), "postgresql-primary nexus_app"); }

TEST(Connection, takes_a_role_for_a_users_name_or_its_secrets_last_word) {
  EXPECT_EQ(chosen("postgresql-primary", "postgres"), "postgresql-primary postgres");
  EXPECT_EQ(chosen("postgresql-primary", "app"), "postgresql-primary nexus_app");
  EXPECT_EQ(chosen("postgresql-primary", "superuser"), "postgresql-primary postgres");
}

TEST(Connection, with_a_users_name_prefers_the_endpoint_that_takes_writes) {
  EXPECT_EQ(chosen("postgresql", "app"), "postgresql-primary nexus_app");
}

TEST(Connection, reads_from_a_replica_when_asked_to) {
  EXPECT_EQ(chosen("postgresql", "ro"), "postgresql-replica nexus_app");
  EXPECT_EQ(chosen("postgresql", "replica"), "postgresql-replica nexus_app");
}

TEST(Connection, refuses_names_it_does_not_know) {
  EXPECT_EQ(chosen("postgres1", ""), "no component or endpoint 'postgres1'");
  EXPECT_EQ(chosen("postgresql", "root"), "postgresql has no user or role 'root'");
}

TEST(Connection, variables_demand_verified_tls) {
  const Foundation f = foundation();
  const auto variables = connection_variables({&f.endpoints[1], {"nexus_app", "x"}}, "postgresql-primary", Secret("it's $HOME"), "/ca.crt");
  ASSERT_TRUE(variables);
  EXPECT_EQ(*variables, (Variables{{"PGHOST", "postgresql-primary"}, {"PGPORT", "5432"}, {"PGDATABASE", "app"}, {"PGUSER", "nexus_app"},
                                   {"PGPASSWORD", "it's $HOME"}, {"PGSSLMODE", "verify-full"}, {"PGSSLROOTCERT", "/ca.crt"}}));
}

TEST(ShellQuoting, leaves_harmless_words_alone_and_quotes_all_others) {
  EXPECT_EQ(shell_quoted("verify-full"), "verify-full");
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("$(rm -rf /)"), "'$(rm -rf /)'");
  EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quoted("a\nb"), "'a\nb'");
  EXPECT_EQ(shell_quoted("~"), "'~'");
}

}  // namespace
}  // namespace keelson::cli
