#pragma once
#include "component/world.h"
#include "protocol/haproxy.h"
#include "runtime/native/agent_client.h"
#include "runtime/native/native_layout.h"
#include "security/own_certificates.h"
#include "security/secret_store.h"

namespace keelson::native {

/// What verbs of kinds reach natively: the secret store, the public roots, keelson's own certificates under <state>/agent.
class NativeWorld : public World {
 public:
  NativeWorld(const NativeLayout& layout, SecretStore& secrets, AgentClient& agent) : own_(layout.site().state_dir), secrets_(secrets), agent_(agent) {}
  Result<Secret> secret(const std::string& name) override { return secrets_.get(name); }
  std::string trust_file(TrustDomain domain) override { return own_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return own_.certificate_file(domain); }
  std::string key_file(TrustDomain domain) override { return own_.key_file(domain); }
  Result<std::string> ask_socket(const std::string&, const std::string& path, const std::string& question) override { return ask_haproxy(path, question); }
  Result<void> signal(const std::string& instance, int number) override { return agent_.signal(instance, number); }

 private:
  const OwnCertificates own_;
  SecretStore& secrets_;
  AgentClient& agent_;
};

}  // namespace keelson::native
