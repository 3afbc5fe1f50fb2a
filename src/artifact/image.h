#pragma once
#include <string>

#include "component/artifact.h"

namespace keelson {

/// The name of the container image that holds an artifact: "keelson/redis:7.0". No registry has it: images are made here.
inline std::string image_name(const Artifact& artifact) { return "keelson/" + std::string(artifact.id) + ":" + std::string(artifact.series); }

}  // namespace keelson
