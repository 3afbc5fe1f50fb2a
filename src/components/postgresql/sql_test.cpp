#include "components/postgresql/sql.h"

#include <gtest/gtest.h>

namespace keelson::postgresql {
namespace {

Wish one_database() { return {"postgresql", {{"nexus", "nexus_app", {}}}}; }

Found provisioned() {
  Found found = fresh_server();
  for (const char* role : {"replicator", "rewind", "pgb_auth"}) found.roles[role] = {};
  found.roles["nexus_app"] = {.login = true, .privileged = false, .password_fits = true};
  found.databases["postgres"].public_connects = false;
  found.databases["template1"].public_connects = false;
  found.databases["nexus"] = {.owner = "nexus_app", .public_connects = false, .connects = {"pgb_auth"}, .schema_owner = "nexus_app",
                              .public_uses_schema = false, .lookup = lookup_body(), .extensions = {}};
  return found;
}

std::string all(const std::vector<Change>& changes) { return psql_script(changes).redacted(); }

TEST(PostgresqlSql, QuotesWhateverANameHolds) {
  EXPECT_EQ(quote_identifier("plain"), "\"plain\"");
  EXPECT_EQ(quote_identifier("a\"; drop table x; --"), "\"a\"\"; drop table x; --\"");
  EXPECT_EQ(quote_literal("it's $1 \\ 🚢"), "'it''s $1 \\ 🚢'");
}

TEST(PostgresqlSql, AFreshServerGetsRolesBeforeTheirDatabases) {
  const std::string sql = all(missing(one_database(), fresh_server()));
  const auto role = sql.find("create role \"nexus_app\""), database = sql.find("create database \"nexus\" owner \"nexus_app\"");
  ASSERT_NE(role, std::string::npos);
  ASSERT_NE(database, std::string::npos);
  EXPECT_LT(role, database);
  EXPECT_LT(database, sql.find("\\connect \"nexus\""));
  EXPECT_NE(sql.find("revoke all on database postgres from public"), std::string::npos);
}

TEST(PostgresqlSql, ThePasswordStandsThereAsAVerifierReferenceOnly) {
  bool found = false;
  for (const Change& change : missing(one_database(), fresh_server()))
    for (const Text& statement : change.sql)
      for (const Text::Piece& piece : statement.pieces())
        if (const auto* ref = std::get_if<SecretRef>(&piece)) {
          found = true;
          EXPECT_EQ(*ref, (SecretRef{"postgresql/nexus_app", SecretForm::scram_sha_256}));
        }
  EXPECT_TRUE(found);
}

TEST(PostgresqlSql, AProvisionedServerNeedsNothing) { EXPECT_TRUE(missing(one_database(), provisioned()).empty()); }

TEST(PostgresqlSql, ADatabaseAddedLaterIsTheOnlyThingMade) {
  Wish wish = one_database();
  wish.databases.push_back({"later", "nexus_app", {"pg_trgm"}});
  const auto changes = missing(wish, provisioned());
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes.front().what, "database later");
  for (const Change& change : changes) EXPECT_NE(change.what.find("later"), std::string::npos) << change.what;
  EXPECT_EQ(changes.back().sql.front().redacted(), "create extension if not exists \"pg_trgm\" schema public");
}

TEST(PostgresqlSql, ARoleMadeSuperuserByHandIsPutBack) {
  Found found = provisioned();
  found.roles["nexus_app"].privileged = true;
  const auto changes = missing(one_database(), found);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].sql[0].redacted(), "alter role \"nexus_app\" login nosuperuser nocreatedb nocreaterole noreplication nobypassrls");
}

TEST(PostgresqlSql, AForeignPasswordIsReplaced) {
  Found found = provisioned();
  found.roles["nexus_app"].password_fits = false;
  const auto changes = missing(one_database(), found);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].sql[0].redacted(), "alter role \"nexus_app\" password '${secret:postgresql/nexus_app}'");
}

TEST(PostgresqlSql, AnOpenedDatabaseIsClosedAgain) {
  Found found = provisioned();
  found.databases["nexus"].public_connects = true;
  const auto changes = missing(one_database(), found);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].reason, "every role may connect");
}

TEST(PostgresqlSql, AChangedLookUpIsReplacedWhole) {
  Found found = provisioned();
  found.databases["nexus"].lookup = " select 'x', 'y' ";
  const auto changes = missing(one_database(), found);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].database, "nexus");
  ASSERT_EQ(changes[0].sql.size(), 5u);
  EXPECT_EQ(changes[0].sql.back().redacted(), "grant execute on function pgb.lookup(text) to pgb_auth");
}

}  // namespace
}  // namespace keelson::postgresql
