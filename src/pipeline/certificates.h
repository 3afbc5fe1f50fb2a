#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "component/world.h"
#include "model/foundation.h"
#include "security/certificate_facts.h"
#include "system/files.h"

namespace keelson {

enum class CertificateKind {
  root,     ///< of a trust domain
  issuing,  ///< signs a domain's leaves
  own,      ///< keelson's own leaf in a domain
  leaf,     ///< an instance's
};
std::string_view name(CertificateKind kind);

/// How a certificate stands.
enum class CertificateState {
  ok,
  renew,       ///< past two thirds of its life, or to be replaced: the next `up` issues another
  expired,
  missing,
  unreadable,  ///< there is a file, and it is no certificate, or nobody lets us read it
};
std::string_view name(CertificateState state);

/// A certificate of a foundation as this machine has it. Nothing secret.
struct FoundationCertificate {
  CertificateKind kind = CertificateKind::leaf;
  std::string instance = {};  ///< of a leaf
  std::string name = {};      ///< "server"; "keelson-agent" of keelson's own; "" of the authorities
  TrustDomain domain = TrustDomain::services;
  std::string file = {};
  CertificateState state = CertificateState::missing;
  CertificateFacts facts = {};  ///< where it could be read
};

/// Every one: each domain's root, issuing certificate and keelson's own leaf, then the instances' leaves in the order of the foundation. Looks only, at the files
/// of this machine: what a container began with may be older.
Result<std::vector<FoundationCertificate>> certificates_of(Files& files, const Foundation& foundation, World& world, const std::string& state_dir, std::int64_t now_ms);

/// Has the next `up` replace the leaves of these instances; until then they serve. The caller holds the foundation's lock. Returns how many.
Result<int> retire_leaves(Files& files, const Foundation& foundation, World& world, const std::string& state_dir, const std::vector<std::string>& instances);

}  // namespace keelson
