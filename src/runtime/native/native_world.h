#pragma once
#include "component/world.h"
#include "runtime/native/native_layout.h"
#include "security/secret_store.h"

namespace keelson::native {

/// What verbs of kinds reach natively: the secret store, the public roots, keelson's own certificates under <state>/agent.
class NativeWorld : public World {
 public:
  NativeWorld(const NativeLayout& layout, SecretStore& secrets) : layout_(layout), secrets_(secrets) {}
  Result<Secret> secret(const std::string& name) override { return secrets_.get(name); }
  std::string trust_file(TrustDomain domain) override { return layout_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return own(domain, ".crt"); }
  std::string key_file(TrustDomain domain) override { return own(domain, ".key"); }

 private:
  std::string own(TrustDomain domain, const char* suffix) const { return layout_.agent_dir() + "/keelson-agent-" + std::string(name(domain)) + suffix; }
  const NativeLayout& layout_;
  SecretStore& secrets_;
};

}  // namespace keelson::native
