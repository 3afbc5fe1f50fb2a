#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "model/foundation.h"

namespace keelson {

/// What an instance's container runs.
struct ContainerImage {
  std::string name;                    ///< as an engine takes it
  const Artifact* artifact = nullptr;  ///< what keelson makes it of; null = it is somebody else's: the blueprint's `images` names it, and engines may pull it
};

/// Nothing when the blueprint names no image for a program of the machine. `build` tells keelsons apart in the names of their images: build_of.
std::optional<ContainerImage> image_of(const Component& component, const Instance& instance, const std::string& build);

/// Whether keelson is in a component's image, at kContainerProgram. It is in those it makes itself, also when they were handed on by a registry, under a
/// name that ends as they are called here: "registry.example.org/keelson/redis:7.0-8c1479f62efd". In others it is not looked for.
bool carries_keelson(const Component& component);

/// The instances whose containers carry no keelson: nothing can be asked or looked at inside.
std::set<std::string> without_keelson(const Foundation& foundation);

/// Their command by itself, where an image may have the program elsewhere than Debian: its first word is looked for on PATH.
std::vector<std::string> command_without_keelson(const Component& component, const Instance& instance);

/// The artifacts that images have to be made of, each once.
std::vector<const Artifact*> artifacts_for_images(const Foundation& foundation);

/// What of a foundation no container of `runtime` ("Compose") can run: one error for each entry of the blueprint, with its first reason. Decided by what instances
/// need, never by a kind's name.
Errors container_refusals(const Foundation& foundation, std::string_view runtime);

/// The blueprint's entry that a component belongs to.
const std::string& entry_of(const Component& component);

}  // namespace keelson
