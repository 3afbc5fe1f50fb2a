#include "security/ca.h"

#include <arpa/inet.h>

#include <algorithm>
#include <sstream>

#include "security/minting.h"

namespace keelson {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kBackdateMs = 5 * 60'000;  // a clock that is a little behind must not refuse a new certificate
constexpr int kRootDays = 3650;
constexpr int kIssuingDays = 1825;

constexpr std::array<TrustDomain, 3> kDomains = {TrustDomain::control, TrustDomain::members, TrustDomain::services};
constexpr std::array<std::string_view, 3> kDomainNames = {"control", "members", "services"};

std::size_t index(TrustDomain domain) { return static_cast<std::size_t>(domain); }

std::string item(TrustDomain domain, std::string_view what) {
  return "ca/" + std::string(name(domain)) + "/" + std::string(what);
}

x509::Validity valid_for(const Clock& clock, int days) {
  const std::int64_t from = clock.wall_ms() - kBackdateMs;
  return {from, from + days * kDayMs};
}

/// The canonical text of an address, so that "::0001" and "::1" are the same.
std::string canonical(const std::string& ip) {
  unsigned char bytes[16];
  char text[INET6_ADDRSTRLEN] = "";
  for (const int family : {AF_INET, AF_INET6})
    if (::inet_pton(family, ip.c_str(), bytes) == 1 && ::inet_ntop(family, bytes, text, sizeof text)) return text;
  return ip;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> sorted_addresses(std::vector<std::string> addresses) {
  for (std::string& address : addresses) address = canonical(address);
  return sorted(std::move(addresses));
}

Result<void> publish(Files& files, const std::string& path, const std::string& pem) {
  KEELSON_TRY(const auto info, files.info(path));
  if (info && info->kind == FileKind::regular && info->mode == 0644) {
    const auto now = files.read(path);
    if (now && *now == pem) return {};
  }
  return files.write(path, pem, 0644);
}

}  // namespace

std::string_view name(TrustDomain domain) {
  static_assert(kDomainNames.size() == kDomains.size());
  return kDomainNames[index(domain)];
}

Result<Authority> Authority::open_or_create(Files& files, Clock& clock, SecretStore& secrets, const std::string& directory,
                                            const std::string& foundation_name) {
  Authority authority(clock, secrets);
  KEELSON_CHECK(files.make_directory(directory, 0755));
  KEELSON_TRY(authority.retired_, read_retired(files, directory));
  for (const TrustDomain domain : kDomains) {
    KEELSON_CHECK(authority.load(domain, foundation_name));
    const Domain& loaded = authority.domains_[index(domain)];
    const std::string base = directory + "/" + std::string(name(domain));
    KEELSON_CHECK(publish(files, base + "-root.crt", loaded.root_pem));
    KEELSON_CHECK(publish(files, base + "-issuing.crt", loaded.issuing_pems.front()));
  }
  return authority;
}

/// Reads a domain from the store, making what is missing.
Result<void> Authority::load(TrustDomain domain, const std::string& foundation_name) {
  Domain& mine = domains_[index(domain)];
  KEELSON_TRY(const bool exists, secrets_->has_sealed(item(domain, "root.crt")));
  if (!exists) {
    KEELSON_TRY(const x509::Key key, x509::new_key());
    KEELSON_TRY(const x509::Cert root, x509::mint_authority(foundation_name, "keelson " + std::string(name(domain)) + " root", 1,
                                                            key.get(), {nullptr, key.get()}, valid_for(*clock_, kRootDays)));
    KEELSON_TRY(mine.root_pem, x509::to_pem(root.get()));
    KEELSON_TRY(Secret key_pem, x509::to_pem(key.get()));
    std::vector<std::pair<std::string, Secret>> values;
    values.emplace_back(item(domain, "root.key"), std::move(key_pem));
    values.emplace_back(item(domain, "root.crt"), Secret(mine.root_pem));
    KEELSON_CHECK(secrets_->seal(std::move(values)));
    return renew_issuing(domain, foundation_name);
  }
  KEELSON_TRY(const Secret root, secrets_->sealed(item(domain, "root.crt")));
  mine.root_pem = std::string(root.reveal());
  KEELSON_TRY(const bool has_issuing, secrets_->has_sealed(item(domain, "issuing.crt")));
  if (!has_issuing) return renew_issuing(domain, foundation_name);  // a run was killed between the two
  KEELSON_TRY(const Secret issuing, secrets_->sealed(item(domain, "issuing.crt")));
  for (const x509::Cert& certificate : x509::read_certificates(issuing.reveal())) {
    KEELSON_TRY(std::string pem, x509::to_pem(certificate.get()));
    mine.issuing_pems.push_back(std::move(pem));
    mine.issuing_fingerprints.push_back(x509::fingerprint(certificate.get()));
  }
  if (mine.issuing_pems.empty()) return fail("an issuing certificate cannot be read", item(domain, "issuing.crt"));
  KEELSON_TRY(const CertificateFacts facts, inspect(mine.issuing_pems.front()));
  if (needs_renewal(facts, clock_->wall_ms())) return renew_issuing(domain, foundation_name);
  return {};
}

Result<void> Authority::renew_issuing(TrustDomain domain, const std::string& foundation_name) {
  Domain& mine = domains_[index(domain)];
  KEELSON_TRY(const Secret root_key_pem, secrets_->sealed(item(domain, "root.key")));
  KEELSON_TRY(const x509::Key root_key, x509::read_key(root_key_pem));
  const auto root = x509::read_certificates(mine.root_pem);
  if (root.empty()) return fail("a root certificate cannot be read", item(domain, "root.crt"));
  KEELSON_TRY(const CertificateFacts root_facts, inspect(mine.root_pem));
  x509::Validity validity = valid_for(*clock_, kIssuingDays);
  validity.not_after_ms = std::min(validity.not_after_ms, root_facts.not_after_ms);

  KEELSON_TRY(const x509::Key key, x509::new_key());
  KEELSON_TRY(const x509::Cert issuing, x509::mint_authority(foundation_name, "keelson " + std::string(name(domain)) + " issuing", 0,
                                                             key.get(), {root.front().get(), root_key.get()}, validity));
  KEELSON_TRY(std::string pem, x509::to_pem(issuing.get()));
  mine.issuing_pems.insert(mine.issuing_pems.begin(), std::move(pem));
  mine.issuing_fingerprints.push_back(x509::fingerprint(issuing.get()));
  std::string all;
  for (const std::string& each : mine.issuing_pems) all += each;
  KEELSON_TRY(Secret key_pem, x509::to_pem(key.get()));
  std::vector<std::pair<std::string, Secret>> values;
  values.emplace_back(item(domain, "issuing.key"), std::move(key_pem));
  values.emplace_back(item(domain, "issuing.crt"), Secret(std::move(all)));
  return secrets_->seal(std::move(values));
}

Result<IssuedCertificate> Authority::issue(const Certificate& request, int days) const {
  if (days < 1) return fail("a certificate must be good for at least a day", request.name);
  const std::string& issuing_pem = domains_[index(request.domain)].issuing_pems.front();
  const auto issuing = x509::read_certificates(issuing_pem);
  KEELSON_TRY(const Secret issuing_key_pem, secrets_->sealed(item(request.domain, "issuing.key")));
  KEELSON_TRY(const x509::Key issuing_key, x509::read_key(issuing_key_pem));
  if (!key_matches(issuing_pem, issuing_key_pem))
    return fail("the issuing key was replaced meanwhile", request.name, "another keelson renewed it", "run the command again");
  KEELSON_TRY(const CertificateFacts issuer, inspect(issuing_pem));
  x509::Validity validity = valid_for(*clock_, days);
  validity.not_after_ms = std::min(validity.not_after_ms, issuer.not_after_ms);

  KEELSON_TRY(const x509::Key key, x509::new_key());
  KEELSON_TRY(const x509::Cert leaf, x509::mint_leaf(request, key.get(), {issuing.front().get(), issuing_key.get()}, validity));
  IssuedCertificate issued;
  KEELSON_TRY(issued.certificate_chain_pem, x509::to_pem(leaf.get()));
  issued.certificate_chain_pem += issuing_pem;
  KEELSON_TRY(issued.key_pem, x509::to_pem(key.get()));
  issued.not_before_ms = validity.not_before_ms / 1000 * 1000;
  issued.not_after_ms = validity.not_after_ms / 1000 * 1000;
  return issued;
}

const std::string& Authority::root_pem(TrustDomain domain) const { return domains_[index(domain)].root_pem; }

Result<std::set<std::string>> read_retired(Files& files, const std::string& directory) {
  std::set<std::string> out;
  KEELSON_TRY(const auto there, files.info(directory + "/retired"));
  if (!there) return out;
  KEELSON_TRY(const std::string text, files.read(directory + "/retired"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.insert(line);
  return out;
}

Result<void> write_retired(Files& files, const std::string& directory, const std::set<std::string>& fingerprints) {
  std::string text;
  for (const std::string& fingerprint : fingerprints) text += fingerprint + "\n";
  return files.write(directory + "/retired", text, 0644);
}

bool Authority::fits(const Certificate& wanted, const CertificateFacts& facts) const {
  const auto& issuers = domains_[index(wanted.domain)].issuing_fingerprints;
  const bool ours = !facts.issuer_fingerprint.empty() && std::find(issuers.begin(), issuers.end(), facts.issuer_fingerprint) != issuers.end();
  return ours && !retired_.contains(facts.fingerprint) && facts.common_name == wanted.common_name && facts.server == wanted.server && facts.client == wanted.client &&
         sorted(facts.dns_names) == sorted(wanted.dns_names) &&
         sorted_addresses(facts.ip_addresses) == sorted_addresses(wanted.ip_addresses);
}

}  // namespace keelson
