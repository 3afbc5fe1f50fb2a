#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace keelson::x509 {

/// Owners of OpenSSL's objects; only the .cpp files of this room include this.
template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const { Free(object); }
};
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;

/// An Error with OpenSSL's own reason; empties its queue.
tl::unexpected<Error> openssl_failed(std::string what, std::string where = {});

/// All certificates of a PEM text, in order; empty when there is none. Stops at the first that cannot be read.
std::vector<Cert> read_certificates(std::string_view pem);
Result<std::string> to_pem(X509* certificate);
Result<Key> read_key(const Secret& pem);
/// PKCS#8, unencrypted. The intermediate buffer is OpenSSL's secure memory.
Result<Secret> to_pem(EVP_PKEY* key);
std::string fingerprint(X509* certificate);

}  // namespace keelson::x509
