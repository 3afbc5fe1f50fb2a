#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "component/kind.h"
#include "security/key_source.h"
#include "system/files.h"
#include "system/random.h"

namespace keelson {

/// All secrets of a foundation in one encrypted file.
///
/// The file: "KLSECRET", version (1 byte), cipher (1 byte: 1 = AES-256-GCM), key id (16 bytes), nonce (12 random bytes, new
/// for each write), ciphertext, tag (16 bytes). The header is authenticated too, so a change of any byte, a cut or an
/// appended byte is noticed. A file that does not open is refused and never overwritten. Each change re-reads the file
/// under a lock (`<path>.lock`, flock), and replaces it atomically: two processes never lose each other's changes.
/// What it cannot notice: an older, complete copy put back in its place.
///
/// Two compartments: `handed out` secrets, which engines and users get by name, and `sealed` ones (the keys of keelson's
/// certificate authority), which no name given to `get` can reach.
///
/// Thread-safe. Reads see what other processes wrote.
class SecretStore {
 public:
  /// Opens the store at `path` (absolute), or prepares an empty one: the file appears with the first secret. `files`, `key`
  /// and `random` must outlive it. Fails when the file is damaged, its key is missing or another one.
  static Result<std::unique_ptr<SecretStore>> open(Files& files, Random& random, KeySource& key, std::string path);

  /// The secret of that name; an unknown name is an error.
  Result<Secret> get(const std::string& name);
  /// Makes sure that it exists: a pinned value is taken (also over another one), else it is generated once and never
  /// changed. True: the value is new. An existing secret's purpose follows the spec.
  Result<bool> ensure(const SecretSpec& spec, Random& random);
  /// The same for many, in one rewrite of the file. Returns the names whose value is new.
  Result<std::vector<std::string>> ensure_all(const std::vector<SecretSpec>& specs, Random& random);
  /// Sets a value (rotation). Keeps the purpose.
  Result<void> put(const std::string& name, Secret value);
  /// Names of the handed-out secrets, sorted.
  Result<std::vector<std::string>> names();
  /// What it is for; an unknown name is an error.
  Result<std::string> purpose(const std::string& name);

  /// Sealed secrets, for the certificate authority: value, or error when absent.
  Result<Secret> sealed(const std::string& name);
  Result<bool> has_sealed(const std::string& name);
  /// Sets several sealed secrets at once: all or none.
  Result<void> seal(std::vector<std::pair<std::string, Secret>> values);

 private:
  enum class Compartment : unsigned char { handed_out = 0, sealed = 1 };
  struct Entry {
    Secret value;
    std::string purpose;
  };
  using Entries = std::map<std::pair<Compartment, std::string>, Entry>;

  SecretStore(Files& files, Random& random, KeySource& key, std::string path)
      : files_(files), random_(random), key_source_(key), path_(std::move(path)) {}

  template <typename Change>
  Result<void> update(Change change);
  Result<void> load();
  Result<void> store();
  Result<const Entry*> find(Compartment compartment, const std::string& name);
  static Result<Entries> unpack(std::string_view plain, const std::string& path);
  static Secret pack(const Entries& entries);

  Files& files_;
  Random& random_;
  KeySource& key_source_;
  const std::string path_;
  std::mutex mutex_;
  Secret key_;           ///< empty until first needed
  std::string on_disk_;  ///< the file as last read or written; "" = there is none
  Entries entries_;      ///< what it holds
};

/// The handed-out secrets, each with what it is for, sorted by name.
Result<std::vector<std::pair<std::string, std::string>>> names_and_purposes(SecretStore& store);

}  // namespace keelson
