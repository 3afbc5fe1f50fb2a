#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "component/kind.h"

namespace keelson {

/// What is wrong with a file, a certificate or a directory on disk.
enum class DiskState {
  same,
  missing,
  stale,   ///< keelson wrote it, and would write something else now
  edited,  ///< somebody else changed it since keelson wrote it
  renew,   ///< a certificate past 2/3 of its life
  unread,  ///< right, but written after the instance began to run, which still has the one before
};

struct ObservedFile {
  std::string path;  ///< as in ConfigFile::path, or "tls/<name>"
  DiskState state = DiskState::same;
};

/// Life of an instance as the runtime sees it.
enum class Life { absent, stopped, starting, running, ready, stopping, failed };

struct ObservedInstance {
  Life life = Life::absent;
  std::vector<ObservedFile> files = {};    ///< only those that are not `same`
  bool prepared = false;                   ///< directories and user exist with the right owner and mode
  std::string running_command = {};        ///< digest of command+environment+limits it was started with; "" = unknown
  std::string wanted_command = {};         ///< digest of what it would be started with now
  std::vector<LiveSetting> live = {};      ///< engine settings that differ
  std::string detail = {};                 ///< why it failed or is not ready
};

enum class NetworkState {
  current,      ///< the policy that the edges ask for is in force
  missing,      ///< none is
  stale,        ///< keelson's own is, but the edges ask for another one now
  edited,       ///< somebody else changed it
  not_asked,    ///< an ordinary user runs the foundation: there is no policy
  unavailable,  ///< the machine refuses
};

struct ObservedNetwork {
  NetworkState state = NetworkState::current;
  std::string table = {};  ///< its name in the kernel
  std::string why = {};    ///< of not_asked and unavailable
};

/// What `observe` found, in the words of the Foundation. Plain data: plan is a pure function of it.
struct Observed {
  bool supervisor_running = false;
  std::set<std::string> artifacts = {};      ///< ids present and complete
  std::set<std::string> secrets = {};        ///< names present in the store
  std::map<std::string, ObservedInstance> instances = {};
  std::map<std::string, std::vector<Provision>> provisions = {};  ///< by component, only when it runs
  std::vector<std::string> strays = {};      ///< instances that run but the blueprint no longer names
  bool names_current = true;                 ///< the name service (hosts block) says what it should
  std::vector<ObservedFile> shared = {};     ///< files about the whole that are not `same` (compose.yaml)
  bool reloads = true;                       ///< running instances can be made to read changed files; else they are started anew
  ObservedNetwork network = {};
};

}  // namespace keelson
