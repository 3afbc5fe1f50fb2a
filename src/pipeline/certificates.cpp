#include "pipeline/certificates.h"

#include <algorithm>
#include <array>
#include <set>

#include "security/ca.h"

namespace keelson {
namespace {

constexpr std::array<std::string_view, 4> kKinds{"root", "issuing", "own", "leaf"};
static_assert(kKinds.size() == static_cast<std::size_t>(CertificateKind::leaf) + 1, "one word per CertificateKind, in the order of the enum");
constexpr std::array<std::string_view, 5> kStates{"ok", "renew", "expired", "missing", "unreadable"};
static_assert(kStates.size() == static_cast<std::size_t>(CertificateState::unreadable) + 1, "one word per CertificateState, in the order of the enum");

constexpr std::array kDomains{TrustDomain::control, TrustDomain::members, TrustDomain::services};

std::string authority_of(const std::string& state_dir) { return state_dir + "/ca"; }

CertificateState state_of(const FoundationCertificate& certificate, const std::set<std::string>& retired, std::int64_t now_ms) {
  if (now_ms >= certificate.facts.not_after_ms) return CertificateState::expired;
  if (retired.contains(certificate.facts.fingerprint)) return CertificateState::renew;
  // A root is for as long as the foundation: nothing renews it.
  return certificate.kind != CertificateKind::root && needs_renewal(certificate.facts, now_ms) ? CertificateState::renew : CertificateState::ok;
}

Result<void> look(Files& files, FoundationCertificate& certificate, const std::set<std::string>& retired, std::int64_t now_ms) {
  KEELSON_TRY(const auto there, files.info(certificate.file));
  if (!there) return {};
  certificate.state = CertificateState::unreadable;
  const auto pem = files.read(certificate.file);
  if (!pem) return {};
  const auto facts = inspect(*pem);
  if (!facts) return {};
  certificate.facts = *facts;
  certificate.state = state_of(certificate, retired, now_ms);
  return {};
}

}  // namespace

std::string_view name(CertificateKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::string_view name(CertificateState state) { return kStates[static_cast<std::size_t>(state)]; }

Result<std::vector<FoundationCertificate>> certificates_of(Files& files, const Foundation& foundation, World& world, const std::string& state_dir, std::int64_t now_ms) {
  std::vector<FoundationCertificate> out;
  for (const TrustDomain domain : kDomains) {
    const std::string base = authority_of(state_dir) + "/" + std::string(name(domain));
    out.push_back({CertificateKind::root, {}, {}, domain, base + "-root.crt"});
    out.push_back({CertificateKind::issuing, {}, {}, domain, base + "-issuing.crt"});
    out.push_back({CertificateKind::own, {}, std::string(kAgentName), domain, world.certificate_file(domain)});
  }
  for (const PlacedInstance& placed : instances_of(foundation))
    for (const Certificate& leaf : placed.instance->certificates)
      out.push_back({CertificateKind::leaf, placed.instance->name, leaf.name, leaf.domain, world.leaf_files(*placed.instance, leaf.name).certificate});
  KEELSON_TRY(const std::set<std::string> retired, read_retired(files, authority_of(state_dir)));
  for (FoundationCertificate& certificate : out) KEELSON_CHECK(look(files, certificate, retired, now_ms));
  return out;
}

Result<int> retire_leaves(Files& files, const Foundation& foundation, World& world, const std::string& state_dir, const std::vector<std::string>& instances) {
  KEELSON_TRY(const std::set<std::string> before, read_retired(files, authority_of(state_dir)));
  KEELSON_TRY(const std::vector<FoundationCertificate> all, certificates_of(files, foundation, world, state_dir, 0));
  std::set<std::string> retired;
  int chosen = 0;
  for (const FoundationCertificate& certificate : all) {
    const std::string& fingerprint = certificate.facts.fingerprint;
    if (certificate.kind != CertificateKind::leaf || fingerprint.empty()) continue;
    const bool meant = std::find(instances.begin(), instances.end(), certificate.instance) != instances.end();
    chosen += meant;
    // Of those before only what is still there: the list does not grow for ever.
    if (meant || before.contains(fingerprint)) retired.insert(fingerprint);
  }
  KEELSON_CHECK(write_retired(files, authority_of(state_dir), retired));
  return chosen;
}

}  // namespace keelson
