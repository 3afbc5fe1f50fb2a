#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "component/instance.h"
#include "security/x509.h"

namespace keelson::x509 {

/// The time a certificate is good for, wall clock in milliseconds.
struct Validity {
  std::int64_t not_before_ms;
  std::int64_t not_after_ms;
};

/// Who signs: a certificate and its key. Null certificate = signs itself.
struct Signer {
  X509* certificate;
  EVP_PKEY* key;
};

Result<Key> new_key();  ///< EC P-256

/// A CA certificate, "O=<organization>, CN=<common_name>", over `key`, that allows `path_length` CAs below it.
Result<Cert> mint_authority(const std::string& organization, const std::string& common_name, int path_length, EVP_PKEY* key,
                            const Signer& signer, const Validity& validity);

/// A leaf over `key` as requested. Refuses names that are not what they claim to be.
Result<Cert> mint_leaf(const Certificate& request, EVP_PKEY* key, const Signer& signer, const Validity& validity);

}  // namespace keelson::x509
