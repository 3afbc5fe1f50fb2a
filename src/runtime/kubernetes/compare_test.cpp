#include "runtime/kubernetes/compare.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

namespace keelson::kubernetes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string recorded(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(std::string(TESTDATA) + "/" + name).rdbuf();
  return text.str();
}

/// As kubectl 1.32 and an API server 1.34 told it: the objects of object_test.cpp, applied, and then worked on by hand with kubectl; and what
/// applying them once more would make of them.
const Seen& live() {
  static const Seen seen = parse_objects(recorded("live.json")).value();
  return seen;
}
const Seen& applied() {
  static const Seen seen = parse_objects(recorded("applied.json")).value();
  return seen;
}

ObjectDifference of(const std::vector<ObjectDifference>& all, const std::string& kind, const std::string& name) {
  for (const ObjectDifference& one : all)
    if (one.name.kind == kind && one.name.name == name) return one;
  ADD_FAILURE() << "no word of " << kind << "/" << name;
  return {};
}

ObjectDifference of(const std::string& kind, const std::string& name) { return of(compare(live(), applied()), kind, name); }

std::vector<std::string> paths(const ObjectDifference& difference) {
  std::vector<std::string> out;
  for (const FieldDifference& field : difference.fields) out.push_back(field.path);
  return out;
}

std::vector<std::string> additions(const ObjectDifference& difference) {
  std::vector<std::string> out;
  for (const Addition& addition : difference.additions) out.push_back(addition.path + " by " + addition.owner);
  return out;
}

TEST(Compare, an_object_that_is_as_applying_would_make_it_is_the_same) {
  for (const auto& [kind, name] : {std::pair{"Namespace", "shop-redis"}, {"ServiceAccount", "redis"}, {"Service", "redis-master"}})
    EXPECT_EQ(of(kind, name).state, ObjectState::same) << kind;
  for (const ObjectDifference& one : compare(applied(), applied())) EXPECT_EQ(one.state, ObjectState::same) << text_of(one.name);
}

TEST(Compare, a_field_that_differs_is_named_with_both_values_and_who_set_it) {
  const ObjectDifference set = of("StatefulSet", "redis-1");
  EXPECT_EQ(set.state, ObjectState::different);
  ASSERT_THAT(paths(set), ElementsAre("spec.replicas", "spec.template.spec.containers[name=\"redis\"].image"));
  EXPECT_EQ(set.fields[1].live, "\"other:1\"");
  EXPECT_EQ(set.fields[1].wanted, "\"keelson.local/redis:7.0.15\"");
  EXPECT_THAT(set.fields[1].owners, ElementsAre("kubectl-set"));
  EXPECT_TRUE(set.conflict());
}

TEST(Compare, a_field_that_nobody_else_claims_is_no_conflict) {
  ObjectDifference set = of("StatefulSet", "redis-1");
  EXPECT_THAT(set.fields[0].owners, IsEmpty()) << "kubectl scale leaves no owner behind";
  set.fields.pop_back();
  EXPECT_FALSE(set.conflict());
}

TEST(Compare, a_list_without_keys_differs_as_a_whole) { EXPECT_THAT(paths(of("Role", "postgresql")), ElementsAre("rules")); }

TEST(Compare, what_somebody_put_beside_ours_is_told_and_makes_no_difference) {
  EXPECT_THAT(additions(of("StatefulSet", "redis-1")), ElementsAre("spec.template.spec.containers[name=\"redis\"].env[name=\"HANDMADE\"] by kubectl-set"));
  EXPECT_THAT(additions(of("Service", "redis-master")), ElementsAre("spec.ports[port=7000,protocol=\"TCP\"] by kubectl-patch")) << "not the label beside it";
  EXPECT_THAT(additions(of("ConfigMap", "redis-1")), ElementsAre("data.extra by kubectl-patch", "data[\"extra.conf\"] by kubectl-patch"));
}

TEST(Compare, of_a_secret_no_value_is_told) {
  const ObjectDifference secret = of("Secret", "redis-1");
  ASSERT_THAT(paths(secret), ElementsAre("data[\"server.key\"]"));
  EXPECT_EQ(secret.fields[0].live, "a value");
  EXPECT_EQ(secret.fields[0].wanted, "a value");
  EXPECT_THAT(additions(secret), ElementsAre("data.by-hand by kubectl-patch"));
}

TEST(Compare, what_is_not_there_is_missing_and_what_nobody_names_is_stray) {
  EXPECT_EQ(of("PodDisruptionBudget", "redis").state, ObjectState::missing);
  EXPECT_EQ(of("ConfigMap", "old").state, ObjectState::stray);
}

TEST(Compare, a_claim_is_no_stray_nor_is_what_a_controller_owns) {
  ASSERT_NE(live().find({"PersistentVolumeClaim", "shop-redis", "data-redis-1-0"}), nullptr);
  Seen there = live();
  for (Json& object : there.objects)
    if (name_of(object).name == "old") object.set("metadata", Json(object["metadata"]).set("ownerReferences", Json::array().push(Json::object().set("kind", "Pod"))));
  for (const ObjectDifference& one : compare(there, applied())) EXPECT_NE(one.state, ObjectState::stray) << text_of(one.name);
}

TEST(Compare, an_object_on_its_way_out_is_leaving_whatever_it_holds) {
  Seen there = live();
  for (Json& object : there.objects)
    if (name_of(object).kind == "Service") object.set("metadata", Json(object["metadata"]).set("deletionTimestamp", "2026-11-28T11:47:55Z"));
  EXPECT_EQ(of(compare(there, applied()), "Service", "redis-master").state, ObjectState::leaving);
}

TEST(Seen, a_secret_holds_digests_and_its_values_stand_apart) {
  const ObjectName name{"Secret", "shop-redis", "redis-1"};
  EXPECT_EQ(applied().secrets.at(name).at("server.key").reveal(), "hunter2-server.key");
  for (const Json& object : applied().objects) EXPECT_THAT(object.dump(), Not(HasSubstr("aHVudGVyMi")));
  EXPECT_THAT((*applied().find(name))["data"]["server.key"].as_string(), HasSubstr("sha256:"));
}

TEST(Seen, a_single_object_is_read_like_a_list_of_one) {
  const auto seen = parse_objects(R"({"kind":"Namespace","metadata":{"name":"shop"}})");
  ASSERT_TRUE(seen);
  EXPECT_NE(seen->find({"Namespace", "", "shop"}), nullptr);
  EXPECT_FALSE(parse_objects("error: no"));
}

TEST(Seen, names_are_as_kubectl_takes_them) {
  EXPECT_EQ(text_of(ObjectName{"StatefulSet", "shop", "redis-1"}), "statefulsets.apps/redis-1");
  EXPECT_EQ(text_of(ObjectName{"Pod", "shop", "redis-1-0"}), "pod/redis-1-0");
}

}  // namespace
}  // namespace keelson::kubernetes
