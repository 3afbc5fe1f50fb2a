#pragma once
#include <set>

#include "component/world.h"
#include "runtime/compose/docker.h"
#include "runtime/folder_writer.h"
#include "security/own_certificates.h"
#include "security/secret_store.h"

namespace keelson::compose {

/// What verbs of kinds reach of containers: the secret store, the public roots, keelson's own certificates; signals and sockets through
/// the engine. Borrows the store and the engine.
class ComposeWorld : public World {
 public:
  /// `closed`: instances with no keelson inside, which hands a question on.
  ComposeWorld(const std::string& state_dir, std::string folder, std::string project, SecretStore& secrets, Docker& docker, std::set<std::string> closed)
      : own_(state_dir), folder_(std::move(folder)), project_(std::move(project)), secrets_(secrets), docker_(docker), closed_(std::move(closed)) {}

  Result<Secret> secret(const std::string& name) override { return secrets_.get(name); }
  std::string trust_file(TrustDomain domain) override { return own_.trust_file(domain); }
  std::string certificate_file(TrustDomain domain) override { return own_.certificate_file(domain); }
  std::string key_file(TrustDomain domain) override { return own_.key_file(domain); }
  LeafFiles leaf_files(const Instance& instance, const std::string& certificate) const override { return leaf_in(folder_, instance, certificate); }
  Reach reach() const override { return Reach::network; }
  Result<std::string> ask_socket(const std::string& instance, const std::string& path, const std::string& question) override;
  Result<void> signal(const std::string& instance, int number) override;
  /// What `words` print inside an instance's container.
  Result<std::string> run_inside(const std::string& instance, const std::vector<std::string>& words, const std::string& input);

  /// The id of the container that is an instance.
  Result<std::string> container_of(const std::string& instance);

 private:
  const OwnCertificates own_;
  const std::string folder_;  ///< what containers are given
  const std::string project_;
  SecretStore& secrets_;
  Docker& docker_;
  const std::set<std::string> closed_;
};

}  // namespace keelson::compose
