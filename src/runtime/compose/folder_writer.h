#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "runtime/compose/folder.h"
#include "security/ca.h"
#include "security/secret_store.h"
#include "system/clock.h"
#include "system/files.h"

namespace keelson::compose {

/// What writing a folder needs. All borrowed.
struct FolderMachine {
  Files& files;
  SecretStore& secrets;
  const Authority& authority;
  const Clock& clock;
};

/// Who owns what containers read: each component's user (needs root), or whoever renders.
enum class Owning { components, renderer };

/// Whether `directory` may be written to: absent, empty, or a folder keelson rendered for the same foundation. Looks only.
Result<void> check_target(Files& files, const std::string& directory, const std::string& project);

/// Puts a folder on disk. What is right already is left alone, certificates too (until two thirds of their life), so that rendering
/// again changes nothing; what belongs to instances that are no more is removed. Returns the paths written or removed, relative.
Result<std::vector<std::string>> write_folder(const Folder& folder, const Users& users, Owning owning, const std::string& directory, FolderMachine machine);

}  // namespace keelson::compose
