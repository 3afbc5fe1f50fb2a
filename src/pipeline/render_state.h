#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"
#include "runtime/folder_writer.h"
#include "security/ca.h"
#include "security/forms.h"
#include "security/key_source.h"
#include "security/secret_store.h"
#include "state/lock.h"
#include "system/random.h"

namespace keelson {

/// What holds the secrets and the certificate authority of a rendered folder: the foundation's state directory, locked while this lives. Makes what is
/// missing.
class RenderState {
 public:
  static Result<std::unique_ptr<RenderState>> open(const Foundation& foundation, const std::string& state_dir, const std::string& command);

  Files& files() { return files_; }
  FolderMachine machine() { return {files_, *secrets_, *authority_, clock_}; }
  SecretLookup lookup();
  /// Writes the access sheet into the folder; its path is added to `changed` when it is new.
  Result<void> write_access(const Foundation& foundation, const std::string& directory, std::vector<std::string>& changed);
  /// One line of the audit chain, when anything changed.
  Result<void> finish(const std::vector<std::string>& changed);

 private:
  RenderState(const std::string& foundation, std::string state_dir, std::string command);

  RealFiles real_files_;
  RealRandom random_;
  RealClock clock_;
  Files& files_ = real_files_;
  const std::string state_dir_;
  const std::string command_;
  KeyFile key_;
  std::unique_ptr<state::Lock> lock_;
  std::unique_ptr<SecretStore> secrets_;
  std::unique_ptr<Authority> authority_;
};

}  // namespace keelson
