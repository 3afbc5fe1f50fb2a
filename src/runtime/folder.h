#pragma once
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "component/instance.h"
#include "component/text.h"

namespace keelson {

/// A rendered file of a folder. Its secrets are still references.
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

/// The files that a runtime's containers are given, and clients with them. Plain data; folder_writer.h puts them on disk.
///
///   config/<instance>/…      what holds no secret; certificates
///   secrets/<instance>/…     0600, the user's of the instance's component: whatever holds a secret, and keys
///   secrets/clients/<name>   0600, yours: the passwords of who uses endpoints, "secrets/clients/redis/app"
///   trust/services.crt       the root that clients trust
struct FolderFiles {
  std::vector<FolderFile> files = {};
  std::vector<FolderLeaf> leaves = {};
  std::vector<FolderTrust> trust = {};
};

/// A folder as it shall be on disk.
struct FolderContent {
  FolderFiles given;
  std::set<std::string> instances;  ///< whose files these are; those of others are removed
  std::vector<std::pair<std::string, std::string>> whole = {};  ///< files about the whole, path and text: "compose.yaml". Written last
};

inline constexpr std::string_view kClientSecrets = "secrets/clients";

}  // namespace keelson
