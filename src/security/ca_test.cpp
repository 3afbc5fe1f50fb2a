#include "security/ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "security/x509.h"
#include "system/temporary_directory.h"

namespace keelson {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kDay = 86'400'000;

struct SetClock : Clock {
  std::int64_t now_ms = 1'795'000'000'000;
  std::int64_t wall_ms() const override { return now_ms; }
  std::int64_t monotonic_us() const override { return now_ms * 1000; }
};

class AuthorityTest : public ::testing::Test {
 protected:
  void SetUp() override { secrets_ = SecretStore::open(files_, random_, key_, dir_ / "secrets.sealed").value(); }
  Authority open() { return Authority::open_or_create(files_, clock_, *secrets_, dir_ / "ca", "nexus").value(); }
  static Certificate redis(TrustDomain domain = TrustDomain::services) {
    return {"redis", domain, "redis-1", true, true, {"redis-1", "redis-1.nexus.svc"}, {"127.77.1.5", "::1"}};
  }

  /// What a TLS peer does: builds the chain to the one root it trusts. Returns "" or OpenSSL's reason.
  std::string verify(const std::string& chain_pem, const std::string& root_pem, std::int64_t at_ms = 0, int purpose = X509_PURPOSE_SSL_SERVER) {
    const auto chain = x509::read_certificates(chain_pem);
    const auto roots = x509::read_certificates(root_pem);
    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, roots.front().get());
    STACK_OF(X509)* others = sk_X509_new_null();
    for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others, chain[i].get());
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, chain.front().get(), others);
    X509_STORE_CTX_set_time(context, 0, (at_ms ? at_ms : clock_.now_ms) / 1000);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
    X509_verify_cert(context);
    const int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    sk_X509_free(others);
    X509_STORE_free(store);
    return error == X509_V_OK ? "" : X509_verify_cert_error_string(error);
  }

  TemporaryDirectory dir_;
  RealFiles real_;
  Files& files_ = real_;
  RealRandom random_;
  SetClock clock_;
  KeyFile key_{dir_ / "keys/nexus.key", random_};
  std::unique_ptr<SecretStore> secrets_;
};

TEST_F(AuthorityTest, a_leaf_verifies_against_its_own_root_and_no_other) {
  const Authority authority = open();
  for (const auto domain : {TrustDomain::control, TrustDomain::members, TrustDomain::services}) {
    const auto issued = authority.issue(redis(domain)).value();
    for (const auto root : {TrustDomain::control, TrustDomain::members, TrustDomain::services})
      EXPECT_EQ(verify(issued.certificate_chain_pem, authority.root_pem(root)).empty(), domain == root)
          << name(domain) << " under " << name(root) << ": " << verify(issued.certificate_chain_pem, authority.root_pem(root));
  }
}

TEST_F(AuthorityTest, a_leaf_says_what_was_asked) {
  const Authority authority = open();
  const auto issued = authority.issue(redis()).value();
  const auto facts = inspect(issued.certificate_chain_pem).value();
  EXPECT_EQ(facts.common_name, "redis-1");
  EXPECT_THAT(facts.dns_names, ElementsAre("redis-1", "redis-1.nexus.svc"));
  EXPECT_THAT(facts.ip_addresses, ElementsAre("127.77.1.5", "::1"));
  EXPECT_TRUE(facts.server && facts.client);
  EXPECT_EQ(facts.not_before_ms, issued.not_before_ms);
  EXPECT_EQ(facts.not_after_ms, issued.not_after_ms);
  EXPECT_EQ(facts.not_after_ms - facts.not_before_ms, 90 * kDay);
  EXPECT_TRUE(authority.fits(redis(), facts));
  EXPECT_TRUE(key_matches(issued.certificate_chain_pem, issued.key_pem));
  EXPECT_FALSE(key_matches(issued.certificate_chain_pem, authority.issue(redis()).value().key_pem));
}

TEST_F(AuthorityTest, a_client_leaf_is_no_server_and_the_other_way_round) {
  const Authority authority = open();
  Certificate client{"c", TrustDomain::members, "replicator", false, true};
  const auto issued = authority.issue(client).value();
  const std::string root = authority.root_pem(TrustDomain::members);
  EXPECT_EQ(verify(issued.certificate_chain_pem, root, 0, X509_PURPOSE_SSL_CLIENT), "");
  EXPECT_NE(verify(issued.certificate_chain_pem, root, 0, X509_PURPOSE_SSL_SERVER), "");
  client.client = false;
  client.server = true;
  EXPECT_NE(verify(authority.issue(client).value().certificate_chain_pem, root, 0, X509_PURPOSE_SSL_CLIENT), "");
  client.server = false;
  EXPECT_FALSE(authority.issue(client)) << "a certificate for nothing";
}

TEST_F(AuthorityTest, a_leaf_cannot_issue) {
  const auto leaf = x509::read_certificates(open().issue(redis()).value().certificate_chain_pem);
  EXPECT_EQ(X509_check_ca(leaf[0].get()), 0);
  EXPECT_EQ(X509_get_extension_flags(leaf[0].get()) & EXFLAG_CA, 0u) << "also for those that do not look at the key usage";
  EXPECT_EQ(X509_get_pathlen(leaf[1].get()), 0);
  EXPECT_EQ(X509_get_pathlen(x509::read_certificates(open().root_pem(TrustDomain::services))[0].get()), 1);
}

TEST_F(AuthorityTest, serials_are_long_and_never_repeat) {
  const Authority authority = open();
  std::set<std::string> serials;
  for (int i = 0; i < 20; ++i) {
    const auto leaf = x509::read_certificates(authority.issue(redis()).value().certificate_chain_pem);
    const x509::Number serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf[0].get()), nullptr));
    EXPECT_GT(BN_num_bits(serial.get()), 90);
    char* hex = BN_bn2hex(serial.get());
    serials.insert(hex);
    OPENSSL_free(hex);
  }
  EXPECT_EQ(serials.size(), 20u);
}

TEST_F(AuthorityTest, hostile_names_are_refused_or_carried_as_they_are) {
  const Authority authority = open();
  for (const std::string& dns : {std::string("a,DNS:evil.example"), std::string("a\nb"), std::string("a\0.evil", 7), std::string("*"), std::string()}) {
    Certificate request = redis();
    request.dns_names = {dns};
    EXPECT_FALSE(authority.issue(request)) << dns;
  }
  for (const std::string& ip : {std::string("127.0.0.1,DNS:x"), std::string("127.1"), std::string("127.0.0.1\0x", 11), std::string()}) {
    Certificate request = redis();
    request.ip_addresses = {ip};
    EXPECT_FALSE(authority.issue(request)) << ip;
  }
  for (const std::string& common_name : {std::string(65, 'a'), std::string("a\0b", 3), std::string("\xFF\xFE"), std::string()}) {
    Certificate request = redis();
    request.common_name = common_name;
    EXPECT_FALSE(authority.issue(request)) << common_name;
  }
  Certificate odd = redis();
  odd.common_name = "redis/CN=postgres,O=x";
  EXPECT_EQ(inspect(authority.issue(odd).value().certificate_chain_pem).value().common_name, "redis/CN=postgres,O=x");
}

TEST_F(AuthorityTest, opening_again_gives_the_same_authority) {
  const Authority first = open();
  const auto issued = first.issue(redis()).value();
  const Authority second = open();
  EXPECT_EQ(first.root_pem(TrustDomain::services), second.root_pem(TrustDomain::services));
  EXPECT_TRUE(second.fits(redis(), inspect(issued.certificate_chain_pem).value()));
}

TEST_F(AuthorityTest, public_copies_are_readable_and_mended) {
  const Authority authority = open();
  const std::string path = dir_ / "ca/services-root.crt";
  EXPECT_EQ(files_.read(path).value(), authority.root_pem(TrustDomain::services));
  EXPECT_EQ(files_.info(path).value()->mode, 0644u);
  ASSERT_TRUE(files_.write(path, authority.root_pem(TrustDomain::members), 0644));
  open();
  EXPECT_EQ(files_.read(path).value(), authority.root_pem(TrustDomain::services));
  ASSERT_TRUE(files_.write(path, authority.root_pem(TrustDomain::services), 0666));
  open();
  EXPECT_EQ(files_.info(path).value()->mode, 0644u);
}

TEST_F(AuthorityTest, no_private_key_lies_in_the_directory) {
  open();
  const auto names = files_.list(dir_ / "ca").value();
  for (const std::string& file : names)
    EXPECT_THAT(files_.read(dir_ / ("ca/" + file)).value(), ::testing::Not(HasSubstr("PRIVATE"))) << file;
  EXPECT_EQ(names.size(), 6u);
  EXPECT_TRUE(secrets_->names().value().empty()) << "and no secret of that name can be asked for";
}

TEST_F(AuthorityTest, a_certificate_of_other_names_uses_or_domain_does_not_fit) {
  const Authority authority = open();
  const auto facts = inspect(authority.issue(redis()).value().certificate_chain_pem).value();
  const auto changed = [&](auto change) {
    Certificate wanted = redis();
    change(wanted);
    return authority.fits(wanted, facts);
  };
  EXPECT_TRUE(changed([](Certificate& c) { c.dns_names = {"redis-1.nexus.svc", "redis-1"}; })) << "order means nothing";
  EXPECT_TRUE(changed([](Certificate& c) { c.ip_addresses = {"0:0::1", "127.77.1.5"}; })) << "nor does spelling";
  EXPECT_FALSE(changed([](Certificate& c) { c.dns_names.push_back("more"); }));
  EXPECT_FALSE(changed([](Certificate& c) { c.dns_names.pop_back(); }));
  EXPECT_FALSE(changed([](Certificate& c) { c.ip_addresses = {"127.77.1.6", "::1"}; }));
  EXPECT_FALSE(changed([](Certificate& c) { c.common_name = "redis-2"; }));
  EXPECT_FALSE(changed([](Certificate& c) { c.client = false; }));
  EXPECT_FALSE(changed([](Certificate& c) { c.server = false; }));
  EXPECT_FALSE(changed([](Certificate& c) { c.domain = TrustDomain::members; }));
}

TEST_F(AuthorityTest, a_certificate_of_a_stranger_does_not_fit_whatever_chain_it_carries) {
  const Authority authority = open();
  TemporaryDirectory other;
  KeyFile key(other / "keys/k", random_);
  const auto secrets = SecretStore::open(files_, random_, key, other / "s").value();
  const Authority stranger = Authority::open_or_create(files_, clock_, *secrets, other / "ca", "nexus").value();
  const std::string leaf = stranger.issue(redis()).value().certificate_chain_pem;
  EXPECT_FALSE(authority.fits(redis(), inspect(leaf).value()));
  // The stranger's leaf with our issuing certificate behind it: the same names, but not our signature.
  const std::string end = "-----END CERTIFICATE-----\n";
  const std::string forged = leaf.substr(0, leaf.find(end) + end.size()) + files_.read(dir_ / "ca/services-issuing.crt").value();
  EXPECT_EQ(inspect(forged).value().issuer_fingerprint, "");
  EXPECT_FALSE(authority.fits(redis(), inspect(forged).value()));
}

TEST_F(AuthorityTest, a_leaf_is_renewed_after_two_thirds_of_its_life) {
  const auto facts = inspect(open().issue(redis()).value().certificate_chain_pem).value();
  EXPECT_FALSE(needs_renewal(facts, clock_.now_ms));
  EXPECT_FALSE(needs_renewal(facts, facts.not_before_ms + 60 * kDay - 1));
  EXPECT_TRUE(needs_renewal(facts, facts.not_before_ms + 60 * kDay));
  EXPECT_TRUE(needs_renewal(facts, facts.not_before_ms - 1)) << "a clock that was wrong when it was issued";
}

TEST_F(AuthorityTest, the_issuing_certificate_is_renewed_and_older_leaves_stay_good) {
  const auto before = open().issue(redis(), 1825).value();
  clock_.now_ms += 1300 * kDay;
  const Authority later = open();
  const auto after = later.issue(redis()).value();
  EXPECT_NE(inspect(before.certificate_chain_pem)->issuer_fingerprint, inspect(after.certificate_chain_pem)->issuer_fingerprint);
  EXPECT_EQ(verify(before.certificate_chain_pem, later.root_pem(TrustDomain::services)), "");
  EXPECT_EQ(verify(after.certificate_chain_pem, later.root_pem(TrustDomain::services)), "");
  EXPECT_TRUE(later.fits(redis(), inspect(before.certificate_chain_pem).value()));
  EXPECT_TRUE(open().fits(redis(), inspect(before.certificate_chain_pem).value())) << "also after it was opened again";
}

TEST_F(AuthorityTest, a_leaf_never_outlives_its_issuer) {
  const auto issued = open().issue(redis(), 4000).value();
  const auto issuing = inspect(files_.read(dir_ / "ca/services-issuing.crt").value()).value();
  EXPECT_EQ(issued.not_after_ms, issuing.not_after_ms);
}

TEST_F(AuthorityTest, an_expired_leaf_does_not_verify) {
  const Authority authority = open();
  const auto issued = authority.issue(redis()).value();
  EXPECT_NE(verify(issued.certificate_chain_pem, authority.root_pem(TrustDomain::services), clock_.now_ms + 91 * kDay), "");
}

TEST_F(AuthorityTest, what_is_no_certificate_is_an_error) {
  EXPECT_FALSE(inspect(""));
  EXPECT_FALSE(inspect("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  EXPECT_EQ(fingerprint("nothing"), "");
  EXPECT_FALSE(key_matches("nothing", Secret("nothing")));
}

TEST_F(AuthorityTest, a_retired_leaf_does_not_fit_any_more_and_the_one_after_it_does) {
  const std::string retired = open().issue(redis()).value().certificate_chain_pem;
  ASSERT_TRUE(open().fits(redis(), inspect(retired).value()));
  ASSERT_TRUE(write_retired(files_, dir_ / "ca", {fingerprint(retired)}));
  EXPECT_EQ(read_retired(files_, dir_ / "ca").value(), std::set<std::string>{fingerprint(retired)});
  EXPECT_FALSE(open().fits(redis(), inspect(retired).value()));
  EXPECT_TRUE(open().fits(redis(), inspect(open().issue(redis()).value().certificate_chain_pem).value()));
}

}  // namespace
}  // namespace keelson
