#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace keelson {

/// What a certificate file says, read back for planning and for `keelson cert list`. Nothing secret.
struct CertificateFacts {
  std::int64_t not_before_ms = 0;  ///< wall clock, milliseconds since 1970
  std::int64_t not_after_ms = 0;
  std::string common_name = {};
  std::vector<std::string> dns_names = {};     ///< as in the certificate, in its order
  std::vector<std::string> ip_addresses = {};  ///< text form, canonical
  bool server = false;
  bool client = false;
  /// SHA-256 (lower-case hex) of the certificate after the leaf, when that one really signed the leaf; else "".
  std::string issuer_fingerprint = {};
  std::string fingerprint = {};  ///< the same of the leaf itself
};

/// Reads the leaf (the first certificate) and its issuer (the second) from PEM text.
Result<CertificateFacts> inspect(std::string_view pem);

/// Past two thirds of its life at `now_ms`, or not yet valid.
bool needs_renewal(const CertificateFacts& facts, std::int64_t now_ms);

/// Whether the private key belongs to the leaf: false also when either cannot be read. A run killed between writing the
/// two files leaves a pair that does not match.
bool key_matches(std::string_view certificate_pem, const Secret& key_pem);

/// SHA-256 (lower-case hex) of the first certificate's DER; "" when it cannot be read.
std::string fingerprint(std::string_view pem);

}  // namespace keelson
