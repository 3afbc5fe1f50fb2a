#pragma once
#include "component/world.h"
#include "supervision/member_facts.h"

namespace keelson::container {

/// What probes and leader verbs reach from within a container: the files mounted there. Where keelson would show its own certificate it
/// shows the instance's, which its container holds anyway. Thread-safe.
class ContainerWorld : public World {
 public:
  explicit ContainerWorld(const MemberFacts& facts) : facts_(facts) {}
  Result<Secret> secret(const std::string& name) override;
  std::string trust_file(TrustDomain domain) override;
  std::string certificate_file(TrustDomain domain) override;
  std::string key_file(TrustDomain domain) override;
  Reach reach() const override { return Reach::network; }

 private:
  const MemberFacts facts_;
};

}  // namespace keelson::container
