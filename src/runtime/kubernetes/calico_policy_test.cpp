#include "runtime/kubernetes/calico_policy.h"

#include <gtest/gtest.h>

#include "runtime/golden_file.h"

namespace keelson::kubernetes {
namespace {

const Labels kRedis{{"app.kubernetes.io/component", "redis"}, {"app.kubernetes.io/part-of", "shop"}};

TEST(CalicoPolicy, lets_the_same_through_in_calicos_own_words) {
  NetworkPolicy policy{.meta = {.name = "redis", .space = "shop"}, .pods = kRedis};
  const PodPeer web{{{"app", "web"}}, Labels{{"kubernetes.io/metadata.name", "shop-web"}}};
  policy.ingress = {{{PodPeer{kRedis}, web, PodPeer{{}, Labels{}}, IpBlock{"10.0.0.0/8", {"10.1.0.0/16"}}},
                     {{6379}, {26379}}}};
  policy.egress = {{{PodPeer{kRedis}}, {}}, {{}, {{53, Protocol::udp}, {53}}}};
  const std::string made = calico_yaml_of({policy, {.meta = {.name = "nobody", .space = "shop"}}});
  EXPECT_EQ(made, golden_file(TESTDATA, "calico/NetworkPolicy.yaml", made));
}

}  // namespace
}  // namespace keelson::kubernetes
