#include "components/etcd/etcd.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "model/foundation.h"
#include "model/layout.h"

namespace keelson {
namespace {

struct FakeLayout : Layout {
  Place place(const std::string&, const std::string& i) const override { return {"/k/" + i, "/k/" + i + "/conf", "/k/" + i + "/tls", "/k/" + i + "/data", "/k/" + i + "/run"}; }
  std::string program(const std::string&, const std::string& relative) const override { return "/store/" + relative; }
  std::vector<std::pair<std::string, std::string>> environment(const std::string&) const override { return {}; }
  std::string user(const std::string&) const override { return "k-etcd"; }
};

Settings members(std::int64_t count) {
  Settings out;
  out.emplace("members", SettingValue(count));
  return out;
}

Instance rendered() {
  Foundation foundation{.name = "demo", .domain = "demo.internal"};
  Component component{.name = "etcd", .kind = &kEtcd, .settings = members(3)};
  for (int i = 1; i <= 3; ++i) {
    const std::string name = "etcd-" + std::to_string(i);
    component.members.push_back({name, "etcd", i, "127.77.1." + std::to_string(i), {Instance{.name = name}}});
  }
  foundation.components = {component};
  Member member = component.members[1];
  EXPECT_TRUE(kEtcd.verbs.render({foundation, component, FakeLayout()}, member));
  return member.instances.front();
}

std::string flag(const Instance& instance, std::string_view name) {
  const auto found = std::find(instance.command.begin(), instance.command.end(), name);
  return found == instance.command.end() || found + 1 == instance.command.end() ? "" : *(found + 1);
}

TEST(Etcd, AnEvenNumberOfVotersIsRefused) {
  EXPECT_FALSE(kEtcd.verbs.shape({"demo", "etcd", members(2)}));
  const auto shape = kEtcd.verbs.shape({"demo", "etcd", members(5)});
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->members.size(), 5u);
}

TEST(Etcd, BothPortsDemandACertificateOfTheControlDomain) {
  const Instance instance = rendered();
  for (const char* name : {"--client-cert-auth", "--peer-client-cert-auth"})
    EXPECT_NE(std::find(instance.command.begin(), instance.command.end(), name), instance.command.end()) << name;
  EXPECT_EQ(flag(instance, "--trusted-ca-file"), "/k/etcd-2/tls/control.crt");
  EXPECT_EQ(flag(instance, "--peer-trusted-ca-file"), "/k/etcd-2/tls/control.crt");
  ASSERT_EQ(instance.trust.size(), 1u);
  EXPECT_EQ(instance.trust[0].domains, std::vector<TrustDomain>{TrustDomain::control});
}

TEST(Etcd, OnlyPeerCertificatesJoinRaftAndTheyCarryTheLoopbackSource) {
  const Instance instance = rendered();
  EXPECT_EQ(flag(instance, "--peer-cert-allowed-cn"), "etcd-peer");
  for (const Certificate& certificate : instance.certificates) {
    const bool peer = certificate.name == "peer-port";
    EXPECT_EQ(certificate.common_name == "etcd-peer", peer);
    const auto& ips = certificate.ip_addresses;
    EXPECT_EQ(std::find(ips.begin(), ips.end(), "127.0.0.1") != ips.end(), peer);
    EXPECT_TRUE(certificate.client) << "the JSON gateway and raft dial out with it";
  }
}

TEST(Etcd, DataOutlivesTheProcess) {
  const Instance instance = rendered();
  EXPECT_EQ(flag(instance, "--data-dir"), instance.place.data);
  EXPECT_EQ(flag(instance, "--initial-cluster"), "etcd-1=https://127.77.1.1:2380,etcd-2=https://127.77.1.2:2380,etcd-3=https://127.77.1.3:2380");
}

}  // namespace
}  // namespace keelson
