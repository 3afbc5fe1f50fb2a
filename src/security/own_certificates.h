#pragma once
#include <string>

#include "base/result.h"
#include "component/instance.h"
#include "security/ca.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson {

/// What keelson itself shows and trusts when it talks to a foundation's engines, in the state directory:
///
///   trust/<domain>.crt                        0644, the root of the domain: clients trust services.crt
///   agent/keelson-agent-<domain>.crt, .key    keelson's own leaf, CN `keelson-agent`; the key 0600
class OwnCertificates {
 public:
  explicit OwnCertificates(std::string state_dir) : state_dir_(std::move(state_dir)) {}

  std::string directory() const { return state_dir_ + "/agent"; }
  std::string trust_file(TrustDomain domain) const;
  std::string certificate_file(TrustDomain domain) const { return own(domain, ".crt"); }
  std::string key_file(TrustDomain domain) const { return own(domain, ".key"); }

  /// Writes what is missing, was changed or is past two thirds of its life. The state directory must exist.
  Result<void> ensure(Files& files, const Clock& clock, const Authority& authority) const;

 private:
  std::string own(TrustDomain domain, const char* suffix) const;
  std::string state_dir_;
};

}  // namespace keelson
