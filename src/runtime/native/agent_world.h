#pragma once
#include <functional>
#include <string>

#include "component/world.h"
#include "security/ca.h"

namespace keelson::native {

/// Where the agent finds whom to trust and what to show, by domain.
struct AgentPaths {
  std::string trust_dir = {};  ///< `<dir>/<domain>.crt`
  std::string agent_dir = {};  ///< `<dir>/keelson-agent-<domain>.crt`, `.key`
};

using SecretSource = std::function<Result<Secret>(const std::string& name)>;

/// What probes and a kind's leader verbs reach from within the agent. Thread-safe as far as
/// `secrets` is.
class AgentWorld : public World {
 public:
  AgentWorld(AgentPaths paths, SecretSource secrets) : paths_(std::move(paths)), secrets_(std::move(secrets)) {}
  Result<Secret> secret(const std::string& name) override { return secrets_(name); }
  std::string trust_file(TrustDomain domain) override { return paths_.trust_dir + "/" + std::string(name(domain)) + ".crt"; }
  std::string certificate_file(TrustDomain domain) override { return own(domain, ".crt"); }
  std::string key_file(TrustDomain domain) override { return own(domain, ".key"); }

 private:
  std::string own(TrustDomain domain, const char* suffix) const {
    return paths_.agent_dir + "/keelson-agent-" + std::string(name(domain)) + suffix;
  }
  AgentPaths paths_;
  SecretSource secrets_;
};

}  // namespace keelson::native
