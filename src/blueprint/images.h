#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "blueprint/blueprint.h"
#include "blueprint/problems.h"

namespace keelson {

/// What is wrong with a reference of a container image ("" = nothing), by the grammar that Docker and containerd share
/// (github.com/distribution/reference): `[HOST[:PORT]/]PATH[:TAG][@sha256:DIGEST]`.
std::string fault_of_image(std::string_view reference);

/// Tells every entry of `images` that no engine would take.
void check_images(const Settings& top, const std::string& path, Problems& problems);

/// The entries of `images`, by name.
std::vector<BlueprintImage> images(const Settings& top);

}  // namespace keelson
