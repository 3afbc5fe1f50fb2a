#pragma once
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "component/instance.h"
#include "security/certificate_facts.h"
#include "security/secret_store.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson {

inline constexpr int kLeafDays = 90;

/// A leaf as it is handed to one instance. The key exists nowhere else.
struct IssuedCertificate {
  std::string certificate_chain_pem;  ///< leaf, then the issuing certificate
  Secret key_pem;                     ///< PKCS#8
  std::int64_t not_before_ms = 0;
  std::int64_t not_after_ms = 0;
};

/// The certificate authority of a foundation: for each trust domain a root (10 years, pathlen 1) and an issuing certificate
/// below it (5 years, pathlen 0), all EC P-256. A leaf of one domain does not verify against the root of another.
///
/// Keys and certificates live together in the sealed part of the secret store, a root with its key in one write, then an
/// issuing certificate with its key in one write: what a killed run left out, the next one makes. `directory` gets public copies, 0644: `<domain>-root.crt`, `<domain>-issuing.crt`; a copy that
/// was changed is mended when the authority is opened. An issuing certificate past two thirds of its life is replaced then;
/// leaves of the one before stay good (they carry it with them, and the root is the same).
///
/// Names come from blueprints and may be hostile: DNS names must be DNS names, addresses addresses, a common name 1-64
/// characters without control characters; they reach ASN.1 only as values, never as configuration text.
/// Const members are thread-safe.
class Authority {
 public:
  /// Opens the authority of the foundation, or makes it. `clock` and `secrets` must outlive it.
  static Result<Authority> open_or_create(Files& files, Clock& clock, SecretStore& secrets, const std::string& directory,
                                          const std::string& foundation_name);

  /// A new key and a leaf for it, valid from five minutes ago for `days` (never beyond its issuer).
  Result<IssuedCertificate> issue(const Certificate& request, int days = kLeafDays) const;

  /// The root of a domain: what a trust file holds.
  const std::string& root_pem(TrustDomain domain) const;
  /// Whether the certificate has exactly the wanted names and uses, this authority's domain issued it, and it is not retired.
  bool fits(const Certificate& wanted, const CertificateFacts& facts) const;

 private:
  struct Domain {
    std::string root_pem;
    std::vector<std::string> issuing_pems;  ///< newest first
    std::vector<std::string> issuing_fingerprints;  ///< of the same, in no order
  };
  Authority(Clock& clock, SecretStore& secrets) : clock_(&clock), secrets_(&secrets) {}
  Result<void> load(TrustDomain domain, const std::string& foundation_name);
  Result<void> renew_issuing(TrustDomain domain, const std::string& foundation_name);

  Clock* clock_;
  SecretStore* secrets_;
  std::array<Domain, 3> domains_;
  std::set<std::string> retired_;
};

/// Leaves that shall be replaced although they are good, by fingerprint: `<directory>/retired`, 0644, a line each. An authority that is opened afterwards says of
/// them that they do not fit, so that the next plan issues others; until then they serve.
Result<std::set<std::string>> read_retired(Files& files, const std::string& directory);
Result<void> write_retired(Files& files, const std::string& directory, const std::set<std::string>& fingerprints);

/// "control", "members", "services".
std::string_view name(TrustDomain domain);

}  // namespace keelson
