#pragma once
#include "component/world.h"
#include "runtime/native/agent_client.h"
#include "runtime/native/native_layout.h"
#include "security/ca.h"
#include "security/secret_store.h"

namespace keelson::native {

/// What verbs of kinds reach natively: the secret store, the public roots, keelson's own certificates under <state>/agent.
class NativeWorld : public World {
 public:
  NativeWorld(const NativeLayout& layout, SecretStore& secrets, AgentClient& agent) : layout_(layout), secrets_(secrets), agent_(agent) {}
  Result<Secret> secret(const std::string& name) override { return secrets_.get(name); }
  std::string trust_file(TrustDomain domain) override { return layout_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return own(domain, ".crt"); }
  std::string key_file(TrustDomain domain) override { return own(domain, ".key"); }
  Result<void> signal(const std::string& instance, int number) override { return agent_.signal(instance, number); }

 private:
  std::string own(TrustDomain domain, const char* suffix) const { return layout_.agent_dir() + "/keelson-agent-" + std::string(name(domain)) + suffix; }
  const NativeLayout& layout_;
  SecretStore& secrets_;
  AgentClient& agent_;
};

}  // namespace keelson::native
