#include "runtime/kubernetes/seat.h"

#include <gtest/gtest.h>

#include "runtime/kubernetes/placement.h"

namespace keelson::kubernetes {
namespace {

SeatInput input(const std::string& endpoint) { return {.name = "keelson-client-1", .foundation = "shop", .space = "team-shop", .owner = "0123", .image = {"keelson/redis:7.0-abc"}, .endpoint = endpoint}; }

TEST(Seat, BelongsToNoComponentSoThatNoPolicyIsAboutIt) {
  const Json labels = seat_pod(input(""))["metadata"]["labels"];
  EXPECT_FALSE(labels.has(kPartOf));
  EXPECT_FALSE(labels.has(kComponent));
  EXPECT_EQ(labels[kOwner].as_string(), "0123");
}

TEST(Seat, OfAnApplicationCarriesItsEndpointsLabelAndNoOther) {
  EXPECT_EQ(seat_pod(input("redis-master"))["metadata"]["labels"]["keelson.dev/uses.redis-master"].as_string(), "true");
  const Json as_keelson = seat_pod(input(""))["metadata"]["labels"];
  for (const auto& [name, value] : as_keelson.members()) EXPECT_FALSE(name.starts_with("keelson.dev/uses.")) << name;
}

TEST(Seat, EndsByItselfAndIsNotStartedAgain) {
  const Json spec = seat_pod(input(""))["spec"];
  EXPECT_EQ(spec["restartPolicy"].as_string(), "Never");
  EXPECT_GT(spec["activeDeadlineSeconds"].as_int(), 0);
  EXPECT_FALSE(spec["automountServiceAccountToken"].as_bool(true));
}

TEST(Seat, ItsPolicyLetsItInAtEveryPodTakesNobodysWayOutAndGoesWithIt) {
  const Json policy = seat_policy(input(""), "uid-1");
  EXPECT_EQ(policy["spec"]["podSelector"]["matchLabels"][kPartOf].as_string(), "shop");
  ASSERT_EQ(policy["spec"]["policyTypes"].items().size(), 1u);
  EXPECT_EQ(policy["spec"]["policyTypes"].items().front().as_string(), "Ingress");
  EXPECT_EQ(policy["spec"]["ingress"].items().front()["from"].items().front()["podSelector"]["matchLabels"][kInstance].as_string(), "keelson-client-1");
  EXPECT_EQ(policy["metadata"]["ownerReferences"].items().front()["uid"].as_string(), "uid-1");
}

}  // namespace
}  // namespace keelson::kubernetes
