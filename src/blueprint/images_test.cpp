#include "blueprint/images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blueprint/load_for_tests.h"

namespace keelson {
namespace {

using namespace load_for_tests;
using ::testing::HasSubstr;

const std::string kDigest = "@sha256:" + std::string(64, 'a');

TEST(Images, takes_every_reference_that_engines_take) {
  for (const std::string& reference : {std::string("haproxy"), std::string("haproxy:2.6"), std::string("library/haproxy:2.6-alpine"), std::string("docker.io/library/haproxy"),
                                       std::string("localhost/shop:_x"), std::string("localhost:5000/shop/orders:1.4"), std::string("Registry.example.org:443/a__b/c--d/e.f:V1"),
                                       "haproxy" + kDigest, "registry.example.org/keelson/redis:7.0-8c1479f62efd" + kDigest})
    EXPECT_EQ(fault_of_image(reference), "") << reference;
}

TEST(Images, refuses_every_other_and_says_what_is_wrong) {
  const std::pair<std::string, const char*> kBad[] = {
      {"", "has no name"},
      {":1.4", "has no name"},
      {kDigest, "has no name"},
      {"shop:", "has a tag"},
      {"shop:-1", "has a tag"},
      {"shop:1.4 ", "has a tag"},
      {"shop:" + std::string(129, '1'), "has a tag"},
      {"Shop", "has a name that"},
      {"shop/", "has a name that"},
      {"shop//orders", "has a name that"},
      {"shop/Orders:1", "has a name that"},
      {"shop..orders", "has a name that"},
      {"shop___orders", "has a name that"},
      {"-shop", "has a name that"},
      {"registry.example.org:no/shop", "has a registry"},
      {"-registry.example.org/shop", "has a registry"},
      {"https://registry.example.org/shop", "has a registry"},
      {"shop@sha256:abc", "has a digest"},
      {"shop@md5:" + std::string(64, 'a'), "has a digest"},
      {"shop@sha256:" + std::string(64, 'A'), "has a digest"},
      {std::string(256, 'a'), "longer than 255"},
  };
  for (const auto& [reference, fault] : kBad) EXPECT_THAT(fault_of_image(reference), HasSubstr(fault)) << reference;
}

TEST(Images, are_read_with_their_marks_and_a_profile_lays_its_own_over) {
  const std::string text = "foundation: demo\ncomponents: { store: }\nimages:\n  store: \"shop/store:1\"\nprofiles:\n  fresh:\n    images: { cache: \"shop/cache:2\", store: \"shop/store:2\" }\n";
  const Blueprint plain = good(text);
  ASSERT_EQ(plain.images.size(), 1U);
  EXPECT_EQ(plain.images[0].component, "store");
  EXPECT_EQ(plain.images[0].reference, "shop/store:1");
  EXPECT_EQ(plain.images[0].mark.text(), "b.yaml:4:10");
  const Blueprint fresh = good(text, "fresh");
  ASSERT_EQ(fresh.images.size(), 2U);
  EXPECT_EQ(fresh.images[1].reference, "shop/store:2");
}

}  // namespace
}  // namespace keelson
