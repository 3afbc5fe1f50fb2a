#pragma once
#include <string>
#include <vector>

#include "component/development.h"
#include "runtime/container_users.h"
#include "runtime/folder.h"

namespace keelson::compose {

inline constexpr std::string_view kDevelopmentFile = "dev/docker-compose.yml";

/// A component as its kind has it for development.
struct Developed {
  std::string name;
  const Kind* kind;
  Development development;
};

struct DevelopmentFolder {
  std::string project;
  const std::vector<Developed>& components;
  const ContainerUsers& users;
  std::string build;  ///< the keelson in the images: build_of
};

/// The folder for developers' machines: one network, ports on 127.0.0.1, volumes `<project>_<service>-data`. Pure.
FolderContent development_folder(const DevelopmentFolder& input);

}  // namespace keelson::compose
