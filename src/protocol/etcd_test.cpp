#include "protocol/etcd.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

TEST(Etcd, ends_a_prefix_where_the_next_begins) {
  EXPECT_EQ(range_end("/service/a/"), "/service/a0");
  EXPECT_EQ(range_end(std::string("a\xff", 2)), "b");
  EXPECT_EQ(range_end("\xff"), std::string(1, '\0'));
}

TEST(Etcd, compares_everything_it_was_told_before_it_writes) {
  using Target = EtcdCompare::Target;
  const Json body = put_transaction({{"k", Target::value, "v"}, {"k", Target::mod_revision, {}, 7}, {"k", Target::lease, {}, 9}, {"gone", Target::create_revision}},
                                    {{.key = "k", .value = "w", .lease = 4}, {.key = "t", .value = "h"}});
  EXPECT_EQ(body.dump(),
            R"({"compare":[{"key":"aw==","result":"EQUAL","target":"VALUE","value":"dg=="},)"
            R"({"key":"aw==","result":"EQUAL","target":"MOD","mod_revision":"7"},{"key":"aw==","result":"EQUAL","target":"LEASE","lease":"9"},)"
            R"({"key":"Z29uZQ==","result":"EQUAL","target":"CREATE","create_revision":"0"}],)"
            R"("success":[{"request_put":{"key":"aw==","value":"dw==","lease":"4"}},{"request_put":{"key":"dA==","value":"aA=="}}]})");
}

TEST(Etcd, says_what_is_missing_when_nobody_answers) {
  Etcd nobody(EtcdPlace{});
  const auto read = nobody.read("/");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "etcd has no members");
}

}  // namespace
}  // namespace keelson
