#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"
#include "runtime/compose/file.h"
#include "runtime/compose/layout.h"

namespace keelson::compose {

/// A rendered file of the folder. Its secrets are still references.
struct FolderFile {
  std::string path;       ///< relative: "config/redis-1/live.conf"
  Text content;
  unsigned mode = 0644;   ///< 0600 when it holds a secret
  std::string component;  ///< whose user owns it; "" = whoever renders
  std::string instance = {};  ///< who reads it; "" = clients
  bool seed = false;          ///< only what an engine begins with
  bool live = false;          ///< its contents are told to the engine while it runs
};

/// A leaf to be issued: `config/<instance>/tls/<name>.crt`, and `secrets/<instance>/tls/<name>.key` (and .pem).
struct FolderLeaf {
  std::string instance;
  std::string component;
  Certificate certificate;

  std::string public_path() const { return "config/" + instance + "/tls/" + certificate.name + ".crt"; }
  std::string secret_path(const std::string& suffix) const { return "secrets/" + instance + "/tls/" + certificate.name + suffix; }
};

/// A file that only says whom to trust.
struct FolderTrust {
  std::string path;
  std::vector<TrustDomain> domains;
  std::string instance = {};  ///< who reads it; "" = clients
};

/// A folder that works without keelson on the machine: `docker compose up -d` in it. Plain data; folder_writer.h puts it on disk.
///
///   compose.yaml             no secrets: safe to keep in version control, and so is config/
///   config/<instance>/…      what holds no secret; certificates
///   secrets/<instance>/…     0600, the user's of the instance's component: whatever holds a secret, and keys
///   secrets/clients/<name>   0600, yours: the passwords of who uses endpoints, "secrets/clients/redis/app"
///   trust/services.crt       the root that clients trust
struct Folder {
  File compose;
  std::vector<FolderFile> files = {};
  std::vector<FolderLeaf> leaves = {};
  std::vector<FolderTrust> trust = {};
  std::vector<std::string> notes = {};  ///< what is less than natively, a sentence each
};

inline constexpr std::string_view kClientSecrets = "secrets/clients";

/// Where the password that an instance's health check uses is, relative.
std::string probe_password_path(const std::string& instance);

/// What the networks of the foundation are is handed in; they must be those its addresses were taken from.
struct FolderInput {
  const Foundation& foundation;
  const std::vector<Network>& networks;
  const Users& users;
};

/// Foundation -> folder. Pure. What Compose cannot run yet is an error with ErrorCode::not_supported, one for each entry of the
/// blueprint, all together.
Checked<Folder> folder_of(const FolderInput& input);

}  // namespace keelson::compose
