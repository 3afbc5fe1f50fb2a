#include "supervision/member_facts.h"

#include <gtest/gtest.h>

namespace keelson {
namespace {

Instance leader() {
  Instance out{.name = "one-1", .place = {"/keelson", "/keelson/config", "/keelson/tls", "/keelson/data", "/keelson/run"}};
  out.certificates = {{.name = "server", .domain = TrustDomain::control, .server = true}, {.name = "patroni", .domain = TrustDomain::control, .client = true}};
  out.trust = {{"both", {TrustDomain::members, TrustDomain::services}}, {"control", {TrustDomain::control}}};
  out.ready = {.protocol = ProbeProtocol::redis, .address = "10.0.0.2", .port = 6379, .tls = true, .request = "ROLE", .user = "agent", .secret = "one/agent"};
  out.leadership = {.kind = "one", .facts = R"({"a": 1})", .engine_pid_file = "/keelson/data/pid"};
  out.stop_timeout_ms = 60'000;
  return out;
}

TEST(MemberFacts, come_back_from_their_file_as_they_went) {
  const MemberFacts facts = member_facts(leader(), "/keelson/probe/services.crt", "/keelson/probe/password");
  const auto back = member_facts_from(to_json(facts).dump(2));
  ASSERT_TRUE(back) << describe(back.error());
  EXPECT_EQ(*back, facts);
}

TEST(MemberFacts, trust_one_domain_where_one_is_asked_for) {
  const MemberFacts facts = member_facts(leader(), "/keelson/probe/services.crt", "/keelson/probe/password");
  EXPECT_EQ(facts.trust.at("control"), "/keelson/tls/control.crt");
  EXPECT_EQ(facts.trust.at("services"), "/keelson/probe/services.crt") << "tls/both.crt holds another root as well";
  EXPECT_FALSE(facts.trust.contains("members"));
}

TEST(MemberFacts, show_the_instances_own_client_certificate) {
  const MemberFacts facts = member_facts(leader(), "", "/keelson/probe/password");
  EXPECT_EQ(facts.certificates, (std::map<std::string, std::string>{{"control", "/keelson/tls/patroni"}})) << "one for servers opens nothing";
  EXPECT_EQ(facts.secrets, (std::map<std::string, std::string>{{"one/agent", "/keelson/probe/password"}}));
}

TEST(MemberFacts, of_an_instance_that_leads_nothing_are_refused) {
  MemberFacts facts = member_facts(leader(), "", "");
  facts.leadership.kind.clear();
  EXPECT_FALSE(member_facts_from(to_json(facts).dump()));
  EXPECT_FALSE(member_facts_from("{}"));
}

}  // namespace
}  // namespace keelson
