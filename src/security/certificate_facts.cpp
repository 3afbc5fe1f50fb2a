#include "security/certificate_facts.h"

#include <arpa/inet.h>
#include <openssl/err.h>

#include <ctime>

#include "security/x509.h"

namespace keelson {
namespace {

std::int64_t to_ms(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<std::int64_t>(::timegm(&parts)) * 1000;
}

std::string common_name(X509* leaf) {
  X509_NAME* subject = X509_get_subject_name(leaf);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  std::string out(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return out;
}

void read_alternative_names(X509* leaf, CertificateFacts& facts) {
  using Names = std::unique_ptr<GENERAL_NAMES, x509::Freer<GENERAL_NAMES_free>>;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    const auto* data = ASN1_STRING_get0_data(value);
    const int size = ASN1_STRING_length(value);
    char text[INET6_ADDRSTRLEN] = "";
    if (name->type == GEN_DNS) facts.dns_names.emplace_back(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    else if ((size == 4 || size == 16) && ::inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text, sizeof text))
      facts.ip_addresses.emplace_back(text);
  }
}

}  // namespace

Result<CertificateFacts> inspect(std::string_view pem) {
  const auto chain = x509::read_certificates(pem);
  if (chain.empty()) return fail("this is not a certificate", {}, "no readable PEM block");
  X509* leaf = chain.front().get();
  CertificateFacts facts;
  facts.not_before_ms = to_ms(X509_get0_notBefore(leaf));
  facts.not_after_ms = to_ms(X509_get0_notAfter(leaf));
  facts.common_name = common_name(leaf);
  facts.fingerprint = x509::fingerprint(leaf);
  read_alternative_names(leaf, facts);
  if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0) {
    const auto usage = X509_get_extended_key_usage(leaf);
    facts.server = (usage & XKU_SSL_SERVER) != 0;
    facts.client = (usage & XKU_SSL_CLIENT) != 0;
  }
  // A name alone proves nothing: anybody can write the issuer's name into a certificate.
  if (chain.size() > 1 && X509_verify(leaf, X509_get0_pubkey(chain[1].get())) == 1)
    facts.issuer_fingerprint = x509::fingerprint(chain[1].get());
  ERR_clear_error();
  return facts;
}

bool needs_renewal(const CertificateFacts& facts, std::int64_t now_ms) {
  const std::int64_t life = facts.not_after_ms - facts.not_before_ms;
  return now_ms < facts.not_before_ms || now_ms >= facts.not_before_ms + life / 3 * 2;
}

bool key_matches(std::string_view certificate_pem, const Secret& key_pem) {
  const auto chain = x509::read_certificates(certificate_pem);
  const auto key = x509::read_key(key_pem);
  const bool matches = !chain.empty() && key && X509_check_private_key(chain.front().get(), key->get()) == 1;
  ERR_clear_error();
  return matches;
}

std::string fingerprint(std::string_view pem) {
  const auto chain = x509::read_certificates(pem);
  return chain.empty() ? std::string() : x509::fingerprint(chain.front().get());
}

}  // namespace keelson
