#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "component/instance.h"
#include "plan/observed.h"
#include "security/ca.h"
#include "security/secret_store.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson::native {

/// Digests of what keelson last wrote, by path as in ObservedFile: tells a change by hand from a change of the blueprint.
using Digests = std::map<std::string, std::string>;

/// Whether a file is `owner`'s; -1 there means whoever runs keelson, and so everybody's.
inline bool owned_by(const FileInfo& info, Owner owner) { return owner.uid < 0 || info.owner.uid == owner.uid; }
/// The refusals, in the same words wherever they are met.
Error not_a_directory(const std::string& path, const FileInfo& info);
Error foreign_owner(const std::string& path, const FileInfo& info, Owner owner);
/// What stands where an instance's directories belong and is not its own; none when they are right or not there yet.
Errors directory_problems(Files& files, const Instance& instance, Owner owner);

/// The files of instances on disk: directories, rendered configuration with its secrets put in, certificates, trust files.
/// `observe` and `write` agree on every byte, so that a second `up` finds nothing to do. Not thread-safe by itself: use
/// one per thread or lock around it; the store and the authority it uses are.
class InstanceFiles {
 public:
  /// `authority` is null while there is none yet (nothing was ever applied); then every certificate is missing.
  InstanceFiles(Files& files, SecretStore& secrets, Authority* authority, const Clock& clock)
      : files_(files), secrets_(secrets), authority_(authority), clock_(clock) {}

  /// True when all directories exist with the right owner and mode. A symlink or another owner's directory is an error.
  Result<bool> prepared(const Instance& instance, Owner owner);
  /// Files that are not as they should be; changes nothing.
  Result<std::vector<ObservedFile>> observe(const Instance& instance, Owner owner, const Digests& written);
  /// Makes directories and writes what `observe` would name. Returns the digests of what it wrote.
  Result<Digests> write(const Instance& instance, Owner owner, const Digests& written);

 private:
  struct Wanted {
    std::string path;     ///< absolute
    std::string shown;    ///< as in ObservedFile
    std::string content;  ///< holds secrets; never logged
    unsigned mode;
    WritePolicy policy;
  };
  Result<Wanted> wanted(const Instance& instance, const ConfigFile& file);
  Result<DiskState> state_of(const Wanted& file, Owner owner, const std::string& written);
  Result<DiskState> state_of(const Instance& instance, const Certificate& certificate, Owner owner, const Digests& written);
  Result<void> issue(const Instance& instance, const Certificate& certificate, Owner owner, Digests& digests);
  Wanted wanted(const Instance& instance, const TrustFile& trust) const;

  Files& files_;
  SecretStore& secrets_;
  Authority* authority_;
  const Clock& clock_;
};

}  // namespace keelson::native
