#include "pipeline/certificates.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "security/ca.h"
#include "security/own_certificates.h"
#include "system/random.h"
#include "system/temporary_directory.h"

namespace keelson {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

struct SetClock : Clock {
  std::int64_t now_ms = 1'795'000'000'000;
  std::int64_t wall_ms() const override { return now_ms; }
  std::int64_t monotonic_us() const override { return now_ms * 1000; }
};

/// A world of files alone.
class FileWorld : public World {
 public:
  explicit FileWorld(const std::string& state_dir) : own_(state_dir) {}
  Result<Secret> secret(const std::string& name) override { return fail("there are no secrets", name); }
  std::string trust_file(TrustDomain domain) override { return own_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return own_.certificate_file(domain); }
  std::string key_file(TrustDomain domain) override { return own_.key_file(domain); }

 private:
  OwnCertificates own_;
};

class CertificatesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    secrets_ = SecretStore::open(files_, random_, key_, dir_ / "secrets.enc").value();
    Component redis;
    redis.name = "redis";
    for (const char* name : {"redis-1", "redis-2"}) {
      Member member;
      member.name = name;
      Instance& instance = member.instances.emplace_back();
      instance.name = name;
      instance.place.tls = dir_ / (std::string("m/") + name + "/tls");
      instance.certificates = {{.name = "server", .common_name = name, .server = true, .dns_names = {name}}};
      redis.members.push_back(std::move(member));
    }
    foundation_.name = "shop";
    foundation_.components = {redis};
    const Authority authority = open();
    ASSERT_TRUE(OwnCertificates(dir_.path()).ensure(files_, clock_, authority));
    for (const PlacedInstance& placed : instances_of(foundation_)) issue(authority, *placed.instance);
  }

  Authority open() { return Authority::open_or_create(files_, clock_, *secrets_, dir_ / "ca", "shop").value(); }

  void issue(const Authority& authority, const Instance& instance) {
    ASSERT_TRUE(files_.make_directory(dir_ / "m", 0700));
    ASSERT_TRUE(files_.make_directory(dir_ / ("m/" + instance.name), 0700));
    ASSERT_TRUE(files_.make_directory(instance.place.tls, 0700));
    ASSERT_TRUE(files_.write(instance.place.tls + "/server.crt", authority.issue(instance.certificates.front()).value().certificate_chain_pem, 0600));
  }

  std::vector<FoundationCertificate> all(int after_days = 0) {
    return certificates_of(files_, foundation_, world_, dir_.path(), clock_.now_ms + after_days * kDayMs).value();
  }

  CertificateState state_of(const std::string& instance, int after_days = 0) {
    for (const FoundationCertificate& one : all(after_days))
      if (one.instance == instance) return one.state;
    ADD_FAILURE() << "nothing of " << instance;
    return CertificateState::ok;
  }

  TemporaryDirectory dir_;
  RealFiles real_;
  Files& files_ = real_;
  RealRandom random_;
  SetClock clock_;
  KeyFile key_{dir_ / "keys/shop.key", random_};
  std::unique_ptr<SecretStore> secrets_;
  FileWorld world_{dir_.path()};
  Foundation foundation_;
};

TEST_F(CertificatesTest, are_the_authorities_keelsons_own_and_the_instances_leaves) {
  const auto found = all();
  ASSERT_EQ(found.size(), 11U);
  for (const FoundationCertificate& one : found) EXPECT_EQ(one.state, CertificateState::ok) << one.file;
  EXPECT_EQ(found[0].facts.common_name, "keelson control root");
  EXPECT_EQ(found[2].facts.common_name, "keelson-agent");
  EXPECT_EQ(found[9].instance, "redis-1");
  EXPECT_TRUE(found[9].facts.server);
}

TEST_F(CertificatesTest, of_a_leaf_are_to_be_renewed_after_two_thirds_of_its_life_and_then_expire) {
  EXPECT_EQ(state_of("redis-1", 59), CertificateState::ok);
  EXPECT_EQ(state_of("redis-1", 61), CertificateState::renew);
  EXPECT_EQ(state_of("redis-1", 90), CertificateState::expired);
}

TEST_F(CertificatesTest, of_a_root_are_good_to_the_end_for_nothing_renews_them) {
  EXPECT_EQ(all(3649)[0].state, CertificateState::ok);
  EXPECT_EQ(all(3650)[0].state, CertificateState::expired);
  EXPECT_EQ(all(1300)[1].state, CertificateState::renew);
}

TEST_F(CertificatesTest, that_are_gone_or_damaged_are_told_apart) {
  ASSERT_TRUE(files_.remove(dir_ / "m/redis-1/tls/server.crt"));
  ASSERT_TRUE(files_.write(dir_ / "m/redis-2/tls/server.crt", "nonsense", 0600));
  EXPECT_EQ(state_of("redis-1"), CertificateState::missing);
  EXPECT_EQ(state_of("redis-2"), CertificateState::unreadable);
}

TEST_F(CertificatesTest, that_are_retired_are_replaced_and_no_others) {
  EXPECT_EQ(retire_leaves(files_, foundation_, world_, dir_.path(), {"redis-2"}).value(), 1);
  EXPECT_EQ(state_of("redis-1"), CertificateState::ok);
  EXPECT_EQ(state_of("redis-2"), CertificateState::renew);
  issue(open(), *find_instance(foundation_, "redis-2"));
  EXPECT_EQ(state_of("redis-2"), CertificateState::ok);
}

TEST_F(CertificatesTest, that_were_retired_stay_so_when_others_are_and_are_forgotten_when_replaced) {
  ASSERT_TRUE(retire_leaves(files_, foundation_, world_, dir_.path(), {"redis-1"}));
  ASSERT_TRUE(retire_leaves(files_, foundation_, world_, dir_.path(), {"redis-2"}));
  EXPECT_EQ(state_of("redis-1"), CertificateState::renew);
  for (const char* name : {"redis-1", "redis-2"}) issue(open(), *find_instance(foundation_, name));
  ASSERT_TRUE(retire_leaves(files_, foundation_, world_, dir_.path(), {"redis-2"}));
  EXPECT_EQ(read_retired(files_, dir_ / "ca").value().size(), 1U);
}

}  // namespace
}  // namespace keelson
