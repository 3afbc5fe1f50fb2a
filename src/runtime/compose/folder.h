#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"
#include "runtime/compose/file.h"
#include "runtime/container_users.h"
#include "runtime/folder.h"

namespace keelson::compose {

inline constexpr std::string_view kComposeFile = "compose.yaml";

/// A folder that works without keelson on the machine: `docker compose up -d` in it. Beside what FolderFiles says there is compose.yaml: no secrets,
/// safe to keep in version control, and so is config/. Plain data; folder_writer.h puts it on disk.
struct Folder {
  File compose;
  FolderFiles given = {};
  std::vector<std::string> notes = {};  ///< what is less than natively, a sentence each
};

/// What the networks of the foundation are is handed in; they must be those its addresses were taken from.
struct FolderInput {
  const Foundation& foundation;
  const std::vector<Network>& networks;
  const ContainerUsers& users;
  std::string build = {};  ///< the keelson in the images: build_of
};

/// Foundation -> folder. Pure. What Compose cannot run yet is an error with ErrorCode::not_supported, one for each entry of the
/// blueprint, all together.
Checked<Folder> folder_of(const FolderInput& input);

/// The first line of the Compose file: says whose folder it is.
std::string mark_of(const std::string& project);

/// What is to be written.
FolderContent content_of(const Folder& folder);

}  // namespace keelson::compose
