#include "verify/verify.h"

#include <gtest/gtest.h>

#include "verify/from_inside.h"
#include "verify/saboteur.h"

namespace keelson {
namespace {

/// Of a foundation of nothing.
class Nowhere : public World {
 public:
  Result<Secret> secret(const std::string& name) override { return fail("no secret", name); }
  std::string trust_file(TrustDomain) override { return {}; }
  std::string certificate_file(TrustDomain) override { return {}; }
  std::string key_file(TrustDomain) override { return {}; }
};

TEST(Checks, EachIsTriedByAClientOrFromBeside) {
  for (const Check& check : all_checks()) EXPECT_TRUE(check.client != nullptr || check.beside != nullptr) << check.id;
}

TEST(FromInside, AskedForACheckThatNoClientTriesItRefuses) {
  Nowhere world;
  const Foundation nothing;
  ClientContext context{nothing, world};
  for (const char* id : {"DE-1", "XX-9"}) EXPECT_FALSE(answer_as_client(context, Json::object().set("checks", Json::array().push(id)))) << id;
}

TEST(FromInside, AskedForADeedThatNoClientDoesItRefuses) {
  Nowhere world;
  const Foundation nothing;
  ClientContext context{nothing, world};
  for (const char* id : {"NE-1", "XX-9"}) EXPECT_FALSE(answer_as_saboteur(context, Json::object().set("sabotage", id).set("part", "prepare"))) << id;
  EXPECT_FALSE(answer_as_saboteur(context, Json::object().set("sabotage", "RD-4").set("part", "more")));
}

TEST(FromInside, WhereThereIsNothingToDamageThatIsAnAnswer) {
  Nowhere world;
  const Foundation nothing;
  ClientContext context{nothing, world};
  const auto told = answer_as_saboteur(context, Json::object().set("sabotage", "RD-4").set("part", "prepare"));
  ASSERT_TRUE(told) << describe(told.error());
  EXPECT_EQ((*told)["not_here"].as_string(), "the foundation has no Redis");
}

TEST(FromInside, ClientsAnswerCheckByCheck) {
  Nowhere world;
  const Foundation nothing;
  ClientContext context{nothing, world};
  const auto told = answer_as_client(context, Json::object().set("checks", Json::array().push("PG-1").push("RD-1")));
  ASSERT_TRUE(told) << describe(told.error());
  ASSERT_EQ((*told)["findings"].items().size(), 2u);
  EXPECT_EQ((*told)["findings"].items().front()["id"].as_string(), "PG-1");
  EXPECT_EQ((*told)["findings"].items().front()["state"].as_string(), "skip");
}

}  // namespace
}  // namespace keelson
