// What sabotages have done to instances that are containers of a Docker engine.
#include <algorithm>

#include "runtime/compose/compose_runtime.h"
#include "runtime/container_image.h"
#include "runtime/edited_file.h"
#include "runtime/nothing_to_damage.h"

namespace keelson::compose {
namespace {

/// Long enough for any sabotage; it ends by itself then.
constexpr const char* kIntruderSeconds = "1800";
constexpr const char* kIntruder = "pause";

}  // namespace

/// Of the folder.
Result<std::string> ComposeRuntime::path_read_by(const Instance& instance) {
  const auto wanted = folder();
  if (!wanted) return unexpected(wanted.error().front());
  for (const FolderFile& file : wanted->given.files)
    if (file.instance == instance.name && !file.seed) return site_.directory() + "/" + file.path;
  return nothing_to_damage("no file is given to " + instance.name);
}

/// The networks of the project that the instance does not belong in, as the engine calls them.
Result<std::vector<std::string>> ComposeRuntime::networks_out_of_reach(const Instance& instance) {
  const auto wanted = folder();
  if (!wanted) return unexpected(wanted.error().front());
  const auto service = std::find_if(wanted->compose.services.begin(), wanted->compose.services.end(), [&](const Service& one) { return one.name == instance.name; });
  if (service == wanted->compose.services.end()) return fail("no such service", instance.name);
  std::vector<std::string> out;
  for (const Network& network : wanted->compose.networks) {
    const bool in = std::any_of(service->networks.begin(), service->networks.end(), [&](const Attachment& own) { return own.network == network.name; });
    if (!in) out.push_back(site_.foundation + "_" + network.name);
  }
  return out;
}

Result<void> ComposeRuntime::may_harm(const Foundation&, Harm harm, const PlacedInstance& placed) {
  switch (harm) {
    case Harm::halted: break;
    case Harm::edited: KEELSON_CHECK(path_read_by(*placed.instance)); break;
    case Harm::opened: {
      KEELSON_TRY(const std::vector<std::string> networks, networks_out_of_reach(*placed.instance));
      if (networks.empty()) return nothing_to_damage(placed.instance->name + " is in every network");
      break;
    }
    case Harm::privileged:
      if (!carries_keelson(*placed.component)) return nothing_to_damage("nothing can be started in " + placed.instance->name + ": keelson is not in its image");
      break;
  }
  return {};
}

Result<void> ComposeRuntime::harm(const Foundation&, Harm harm, const PlacedInstance& placed) {
  KEELSON_TRY(const std::string container, world_->container_of(placed.instance->name));
  switch (harm) {
    case Harm::halted: return docker_->pause(container);
    case Harm::privileged: return docker_->leave_inside_as_root(container, {std::string(kContainerProgram), kIntruder, kIntruderSeconds});
    case Harm::edited: {
      KEELSON_TRY(const std::string path, path_read_by(*placed.instance));
      return edit_by_hand(machine_.files, path);
    }
    case Harm::opened: break;
  }
  KEELSON_TRY(const std::vector<std::string> networks, networks_out_of_reach(*placed.instance));
  return docker_->join(container, networks.at(0));
}

Result<void> ComposeRuntime::heal(const Foundation&, Harm harm, const PlacedInstance& placed) {
  if (harm == Harm::edited) {
    KEELSON_TRY(const std::string path, path_read_by(*placed.instance));
    return undo_edit_by_hand(machine_.files, path);
  }
  KEELSON_TRY(const auto containers, docker_->containers(site_.foundation));
  const auto found = containers.find(placed.instance->name);
  if (found == containers.end()) return {};  // gone, and with it whatever was done to it
  const Container& container = found->second;
  switch (harm) {
    case Harm::halted: return container.state == "paused" ? docker_->unpause(container.id) : Result<void>();
    case Harm::privileged: return container.state == "running" ? docker_->leave_inside_as_root(container.id, {std::string(kContainerProgram), "strike", kIntruder}) : Result<void>();
    case Harm::edited: case Harm::opened: break;
  }
  KEELSON_TRY(const std::vector<std::string> networks, networks_out_of_reach(*placed.instance));
  for (const std::string& network : networks) KEELSON_CHECK(docker_->leave(container.id, network));
  return {};
}

}  // namespace keelson::compose
