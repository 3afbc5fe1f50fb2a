#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/observed.h"
#include "runtime/container_users.h"
#include "runtime/folder.h"
#include "security/ca.h"
#include "security/secret_store.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson {

/// What writing a folder needs. All borrowed.
struct FolderMachine {
  Files& files;
  SecretStore& secrets;
  const Authority& authority;
  const Clock& clock;
  /// Told each file as it was written, at once: who keeps digests knows after a cut, too, which ones are keelson's. None = nobody keeps them.
  std::function<Result<void>(const std::string& path, std::string_view content)> note = {};
};

/// Who owns what containers read: each component's user (needs root), or whoever renders.
enum class Owning { components, renderer };

/// Whether `directory` may be written to: absent, empty, or a folder keelson rendered for the same foundation, which its file `whole` says by
/// beginning with `mark`. Looks only.
Result<void> check_target(Files& files, const std::string& directory, const std::string& foundation, const std::string& whole, const std::string& mark);

/// Puts a folder on disk. What is right already is left alone, certificates too (until two thirds of their life), so that rendering
/// again changes nothing; what belongs to instances that are no more is removed. Returns the paths written or removed, relative.
Result<std::vector<std::string>> write_folder(const FolderContent& folder, const ContainerUsers& users, Owning owning, const std::string& directory, FolderMachine machine);

/// Something in a folder that is not as it should be.
struct FolderDifference {
  std::string path;      ///< relative: "config/redis-1/live.conf"
  std::string instance;  ///< whose it is; "" = it is about all of them
  std::string shown;     ///< as plans name it: "live.conf", "tls/server"
  DiskState state;
};

/// What `write_folder` would write, without writing. `written` has the digests of what keelson last wrote, by path: with it a change by
/// hand is told from a change of the blueprint.
Result<std::vector<FolderDifference>> compare_folder(const FolderContent& folder, const ContainerUsers& users, Owning owning, const std::string& directory,
                                                     const std::map<std::string, std::string>& written, FolderMachine machine);

/// Where a folder holds a leaf of an instance.
LeafFiles leaf_in(const std::string& directory, const Instance& instance, const std::string& certificate);

}  // namespace keelson
