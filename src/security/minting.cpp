#include "security/minting.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/units.h"

namespace keelson::x509 {
namespace {

/// Adds an extension made of typed values. OpenSSL's text form ("DNS:a,IP:b") is never used: a comma in a name would add names.
bool add_extension(X509* certificate, int nid, void* value, bool critical) {
  return value != nullptr && X509_add1_ext_i2d(certificate, nid, value, critical ? 1 : 0, X509V3_ADD_APPEND) == 1;
}

bool set_serial(X509* certificate) {
  const Number serial(BN_new());
  return serial && BN_rand(serial.get(), 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_time(ASN1_TIME* time, std::int64_t ms) { return ASN1_TIME_adj(time, static_cast<time_t>(ms / 1000), 0, 0) != nullptr; }

bool add_name(X509_NAME* name, int nid, const std::string& text) {
  return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_basic_constraints(X509* certificate, bool authority, int path_length) {
  using Constraints = std::unique_ptr<BASIC_CONSTRAINTS, Freer<BASIC_CONSTRAINTS_free>>;
  const Constraints constraints(BASIC_CONSTRAINTS_new());
  if (!constraints) return false;
  constraints->ca = authority ? 0xff : 0;
  if (authority) {
    constraints->pathlen = ASN1_INTEGER_new();
    if (!constraints->pathlen || ASN1_INTEGER_set(constraints->pathlen, path_length) != 1) return false;
  }
  return add_extension(certificate, NID_basic_constraints, constraints.get(), true);
}

bool add_key_usage(X509* certificate, std::initializer_list<int> bits) {
  using Bits = std::unique_ptr<ASN1_BIT_STRING, Freer<ASN1_BIT_STRING_free>>;
  const Bits usage(ASN1_BIT_STRING_new());
  for (const int bit : bits)
    if (!usage || ASN1_BIT_STRING_set_bit(usage.get(), bit, 1) != 1) return false;
  return add_extension(certificate, NID_key_usage, usage.get(), true);
}

bool add_extended_usage(X509* certificate, const Certificate& request) {
  using Usages = std::unique_ptr<EXTENDED_KEY_USAGE, Freer<EXTENDED_KEY_USAGE_free>>;
  const Usages usages(EXTENDED_KEY_USAGE_new());
  if (!usages) return false;
  if (request.server) sk_ASN1_OBJECT_push(usages.get(), OBJ_nid2obj(NID_server_auth));
  if (request.client) sk_ASN1_OBJECT_push(usages.get(), OBJ_nid2obj(NID_client_auth));
  return add_extension(certificate, NID_ext_key_usage, usages.get(), false);
}

/// Subject and authority key identifiers, from the public keys (RFC 5280 section 4.2.1.2, method 1).
bool add_key_identifiers(X509* certificate, X509* issuer) {
  using Octets = std::unique_ptr<ASN1_OCTET_STRING, Freer<ASN1_OCTET_STRING_free>>;
  using AuthorityKey = std::unique_ptr<AUTHORITY_KEYID, Freer<AUTHORITY_KEYID_free>>;
  const auto digest = [](X509* of) -> Octets {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    Octets octets(ASN1_OCTET_STRING_new());
    if (X509_pubkey_digest(of, EVP_sha1(), bytes, &size) != 1 || !octets) return nullptr;
    if (ASN1_OCTET_STRING_set(octets.get(), bytes, static_cast<int>(size)) != 1) return nullptr;
    return octets;
  };
  const Octets own = digest(certificate);
  const AuthorityKey authority(AUTHORITY_KEYID_new());
  if (!own || !authority) return false;
  authority->keyid = digest(issuer).release();
  return authority->keyid && add_extension(certificate, NID_subject_key_identifier, own.get(), false) &&
         add_extension(certificate, NID_authority_key_identifier, authority.get(), false);
}

bool add_alternative(GENERAL_NAMES* names, int type, std::string_view bytes) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* value = type == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
  if (!name || !value || ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  GENERAL_NAME_set0_value(name, type, value);
  return sk_GENERAL_NAME_push(names, name) > 0;
}

Result<void> add_alternative_names(X509* certificate, const Certificate& request) {
  using Names = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;
  const Names names(GENERAL_NAMES_new());
  for (const std::string& dns : request.dns_names) {
    if (!is_dns_name(dns)) return fail("a certificate cannot carry this name", request.name, "\"" + dns + "\" is not a DNS name");
    if (!add_alternative(names.get(), GEN_DNS, dns)) return openssl_failed("cannot add a name to a certificate", request.name);
  }
  for (const std::string& ip : request.ip_addresses) {
    unsigned char bytes[16];
    const int size = ::inet_pton(AF_INET, ip.c_str(), bytes) == 1 ? 4 : ::inet_pton(AF_INET6, ip.c_str(), bytes) == 1 ? 16 : 0;
    if (size == 0 || ip.find('\0') != std::string::npos)
      return fail("a certificate cannot carry this address", request.name, "\"" + ip + "\" is not an IP address");
    if (!add_alternative(names.get(), GEN_IPADD, std::string_view(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size))))
      return openssl_failed("cannot add an address to a certificate", request.name);
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) return {};
  if (!add_extension(certificate, NID_subject_alt_name, names.get(), false))
    return openssl_failed("cannot add names to a certificate", request.name);
  return {};
}

Result<Cert> begin(EVP_PKEY* key, const Validity& validity) {
  Cert certificate(X509_new());
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 || !set_serial(certificate.get()) ||
      !set_time(X509_getm_notBefore(certificate.get()), validity.not_before_ms) ||
      !set_time(X509_getm_notAfter(certificate.get()), validity.not_after_ms) || X509_set_pubkey(certificate.get(), key) != 1)
    return openssl_failed("cannot make a certificate");
  return certificate;
}

Result<Cert> finish(Cert certificate, const Signer& signer) {
  X509* issuer = signer.certificate ? signer.certificate : certificate.get();
  if (X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer)) != 1 || !add_key_identifiers(certificate.get(), issuer) ||
      X509_sign(certificate.get(), signer.key, EVP_sha256()) <= 0)
    return openssl_failed("cannot sign a certificate");
  return certificate;
}

}  // namespace

Result<Key> new_key() {
  Key key(EVP_EC_gen("P-256"));
  if (!key) return openssl_failed("cannot make a key");
  return key;
}

Result<Cert> mint_authority(const std::string& organization, const std::string& common_name, int path_length, EVP_PKEY* key,
                            const Signer& signer, const Validity& validity) {
  KEELSON_TRY(Cert certificate, begin(key, validity));
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  if (!add_name(subject, NID_organizationName, organization) || !add_name(subject, NID_commonName, common_name))
    return openssl_failed("cannot name a certificate authority", organization);
  if (!add_basic_constraints(certificate.get(), true, path_length) || !add_key_usage(certificate.get(), {5, 6}))  // keyCertSign, cRLSign
    return openssl_failed("cannot make a certificate authority", organization);
  return finish(std::move(certificate), signer);
}

Result<Cert> mint_leaf(const Certificate& request, EVP_PKEY* key, const Signer& signer, const Validity& validity) {
  if (!request.server && !request.client)
    return fail("a certificate needs a use", request.name, "neither server nor client is asked for");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (request.common_name.empty() || std::any_of(request.common_name.begin(), request.common_name.end(), control))
    return fail("a certificate cannot carry this common name", request.name, "it is empty or has control characters");
  KEELSON_TRY(Cert certificate, begin(key, validity));
  if (!add_name(X509_get_subject_name(certificate.get()), NID_commonName, request.common_name))
    return openssl_failed("a certificate cannot carry this common name", request.name);  // over 64 characters, or not UTF-8
  if (!add_basic_constraints(certificate.get(), false, 0) || !add_key_usage(certificate.get(), {0}) ||  // digitalSignature
      !add_extended_usage(certificate.get(), request))
    return openssl_failed("cannot make a certificate", request.name);
  KEELSON_CHECK(add_alternative_names(certificate.get(), request));
  return finish(std::move(certificate), signer);
}

}  // namespace keelson::x509
