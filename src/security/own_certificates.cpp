#include "security/own_certificates.h"

#include <array>

#include "component/world.h"
#include "security/certificate_facts.h"

namespace keelson {
namespace {

constexpr std::array kDomains{TrustDomain::control, TrustDomain::members, TrustDomain::services};

std::string common_file_name(TrustDomain domain) { return std::string(kAgentName) + "-" + std::string(name(domain)); }

}  // namespace

std::string OwnCertificates::trust_file(TrustDomain domain) const { return state_dir_ + "/trust/" + std::string(name(domain)) + ".crt"; }

std::string OwnCertificates::own(TrustDomain domain, const char* suffix) const { return directory() + "/" + common_file_name(domain) + suffix; }

Result<void> OwnCertificates::ensure(Files& files, const Clock& clock, const Authority& authority) const {
  KEELSON_CHECK(files.make_directory(directory(), 0700));
  KEELSON_CHECK(files.make_directory(state_dir_ + "/trust", 0755));
  for (const TrustDomain domain : kDomains) {
    const auto root = files.read(trust_file(domain));
    if (!root || *root != authority.root_pem(domain)) KEELSON_CHECK(files.write(trust_file(domain), authority.root_pem(domain), 0644));

    const Certificate wanted{.name = common_file_name(domain), .domain = domain, .common_name = std::string(kAgentName), .client = true};
    if (const auto pem = files.read(certificate_file(domain))) {
      const auto facts = inspect(*pem);
      if (facts && authority.fits(wanted, *facts) && !needs_renewal(*facts, clock.wall_ms())) continue;
    }
    KEELSON_TRY(const IssuedCertificate issued, authority.issue(wanted));
    KEELSON_CHECK(files.write(key_file(domain), issued.key_pem.reveal(), 0600));
    KEELSON_CHECK(files.write(certificate_file(domain), issued.certificate_chain_pem, 0644));
  }
  return {};
}

}  // namespace keelson
