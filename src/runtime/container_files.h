#pragma once
#include <set>
#include <string>
#include <vector>

#include "model/foundation.h"
#include "runtime/container_users.h"
#include "runtime/folder.h"

namespace keelson {

/// A file that an instance's container sees.
struct MountedFile {
  std::string name;    ///< unique in the instance: "live.conf", "tls/server.key"; of `shared` ones in the foundation: "trust.services.crt"
  std::string path;    ///< in the folder, relative: "config/redis-1/live.conf"
  std::string target;  ///< absolute, inside
  bool secret = false;
  bool shared = false;  ///< many instances see the same one
};

/// What a container is given, whichever runtime runs it.
struct ContainerFiles {
  std::vector<MountedFile> mounted = {};
  std::vector<std::string> command = {};
  bool first_process = false;  ///< keelson must be the container's first process: nothing in front of the command
  bool has_seed = false;  ///< the engine writes its configuration: that directory must be writable and stay
  std::string at_start = {};  ///< the files that it reads at its start, as text: another one asks for a new start
  std::string live = {};      ///< those whose contents it can be told while it runs
};

/// Adds what an instance's container is given to the folder, and says where it is to be seen. Pure.
ContainerFiles container_files(const PlacedInstance& placed, const ContainerUsers& users, FolderFiles& folder);

/// Adds what clients, probes and people need: roots, and passwords of who uses endpoints.
void add_client_files(const Foundation& foundation, FolderFiles& folder);

/// The root of a domain that probes and clients trust, one file for all: "trust/services.crt".
std::string trust_path(TrustDomain domain);
/// The roots of which there are such files.
std::set<TrustDomain> trusted_outside(const Foundation& foundation);
/// Where the password that an instance's health check uses is, relative.
std::string probe_password_path(const std::string& instance);

/// What is less in a folder that runs without keelson than natively, a sentence each.
std::vector<std::string> folder_notes(const Foundation& foundation);

}  // namespace keelson
