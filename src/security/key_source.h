#pragma once
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "system/random.h"

namespace keelson {

/// Where the 32 bytes come from that open the secret store: a file; later a TPM2 or systemd credentials.
/// Implementations are used under the store's own lock; they need not be thread-safe.
class KeySource {
 public:
  virtual ~KeySource() = default;
  /// The key that is there. Fails, naming the place, when there is none: it never makes a new one in its stead.
  virtual Result<Secret> existing() = 0;
  /// The key that is there, or a new one. Called only while there is no store that an older key could be needed for.
  virtual Result<Secret> existing_or_new() = 0;
  /// For messages: the place of the key ("/etc/keelson/keys/nexus.key"). Never the key.
  virtual std::string where() const = 0;
};

/// A file of exactly 32 random bytes, mode 0600, owned by whoever runs keelson (or by root), in a directory that no
/// other user can write. Keep it outside the state directory and out of backups: a copy of the state is then useless.
/// Made on first use, complete or not at all (written beside, synced, linked to its name, which fails if that exists).
class KeyFile : public KeySource {
 public:
  /// `path` is absolute; `random` must outlive this.
  KeyFile(std::string path, Random& random) : path_(std::move(path)), random_(random) {}
  Result<Secret> existing() override;
  Result<Secret> existing_or_new() override;
  std::string where() const override { return path_; }

 private:
  std::string path_;
  Random& random_;
};

}  // namespace keelson
