#include "runtime/container_image.h"

#include <algorithm>

#include "artifact/image.h"
#include "runtime/probe_command.h"

namespace keelson {
namespace {

/// Why something is refused, and what may be done instead.
struct Obstacle {
  std::string why = {};
  std::string next = "leave it out, or run it natively: keelson up";
};

const Artifact* artifact_of(const Component& component, const Instance& instance) {
  for (const Artifact& artifact : component.kind->artifacts)
    if (artifact.id == instance.artifact && artifact.source != ArtifactSource::host) return &artifact;
  return nullptr;
}

/// "registry.example.org/keelson/redis:7.0@sha256:…" is "keelson/redis".
bool is_called(std::string_view reference, const Artifact& artifact) {
  reference = reference.substr(0, reference.find('@'));
  if (const std::size_t colon = reference.rfind(':'); colon != std::string_view::npos && reference.find('/', colon) == std::string_view::npos) reference = reference.substr(0, colon);
  const std::string own = "keelson/" + std::string(artifact.id);
  return reference == own || reference.ends_with("/" + own);
}

/// Whether an image of the artifact has the program: its own, or the interpreter that it takes from the machine elsewhere.
bool brings(const Artifact& artifact, const std::string& program) {
  return program == "/" + std::string(artifact.program) || (artifact.machine != nullptr && program == "/" + std::string(artifact.machine->program));
}

bool has_seed(const Instance& instance) {
  return std::any_of(instance.files.begin(), instance.files.end(), [](const ConfigFile& file) { return file.policy == WritePolicy::seed; });
}

std::string wish_for(const Component& component, const Instance& instance) {
  return "say which image has " + (instance.command.empty() ? std::string("it") : instance.command.front()) + ": images: { " + component.name + ": NAME:TAG }";
}

Obstacle obstacle_of_foreign(const Component& component, const Instance& instance) {
  const std::string own = "take " + component.image + " out of images: keelson's own image is used then";
  if (!instance.launch.empty()) return {instance.name + " is made ready for each of its starts by keelson, which is not in " + component.image, own};
  if (has_seed(instance)) return {instance.name + " is given what it begins with by keelson, which is not in " + component.image, own};
  return {};
}

Obstacle obstacle_of_own(const Component& component, const Instance& instance) {
  const Artifact* artifact = artifact_of(component, instance);
  if (artifact == nullptr) return {instance.name + " is a program of this machine, and no image has it", wish_for(component, instance)};
  if (instance.command.empty() || !brings(*artifact, instance.command.front())) return {instance.name + " needs a program its image would not have"};
  if (const auto check = probe_command(instance); !check) return {instance.name + " needs " + check.error().what + ", which no container can make"};
  return {};
}

Obstacle obstacle_of(const PlacedInstance& placed) {
  if (placed.member->instances.size() != 1) return {placed.member->name + " is several processes at one address"};
  return carries_keelson(*placed.component) ? obstacle_of_own(*placed.component, *placed.instance) : obstacle_of_foreign(*placed.component, *placed.instance);
}

}  // namespace

std::optional<ContainerImage> image_of(const Component& component, const Instance& instance, const std::string& build) {
  if (!component.image.empty()) return ContainerImage{component.image};
  const Artifact* artifact = artifact_of(component, instance);
  if (artifact == nullptr) return std::nullopt;
  return ContainerImage{image_name(*artifact, build), artifact};
}

bool carries_keelson(const Component& component) {
  const auto& artifacts = component.kind->artifacts;
  return component.image.empty() || std::any_of(artifacts.begin(), artifacts.end(), [&](const Artifact& artifact) { return artifact.source != ArtifactSource::host && is_called(component.image, artifact); });
}

std::set<std::string> without_keelson(const Foundation& foundation) {
  std::set<std::string> out;
  for (const PlacedInstance& placed : instances_of(foundation))
    if (!carries_keelson(*placed.component)) out.insert(placed.instance->name);
  return out;
}

std::vector<std::string> command_without_keelson(const Component& component, const Instance& instance) {
  std::vector<std::string> out = instance.command;
  if (!component.image.empty() && !out.empty() && artifact_of(component, instance) != nullptr) out.front() = out.front().substr(out.front().rfind('/') + 1);
  return out;
}

std::vector<const Artifact*> artifacts_for_images(const Foundation& foundation) {
  std::vector<const Artifact*> out;
  for (const PlacedInstance& placed : instances_of(foundation)) {
    const auto image = image_of(*placed.component, *placed.instance, {});
    if (image && image->artifact != nullptr && std::find(out.begin(), out.end(), image->artifact) == out.end()) out.push_back(image->artifact);
  }
  return out;
}

Errors container_refusals(const Foundation& foundation, std::string_view runtime) {
  Errors out;
  std::set<std::string> told;
  for (const PlacedInstance& placed : instances_of(foundation)) {
    Obstacle obstacle = obstacle_of(placed);
    const std::string& entry = entry_of(*placed.component);
    if (obstacle.why.empty() || !told.insert(entry).second) continue;
    out.push_back({ErrorCode::not_supported, "components." + entry + " cannot run on " + std::string(runtime), {}, std::move(obstacle.why), std::move(obstacle.next)});
  }
  return out;
}

const std::string& entry_of(const Component& component) { return component.companion_of.empty() ? component.name : component.companion_of; }

}  // namespace keelson
