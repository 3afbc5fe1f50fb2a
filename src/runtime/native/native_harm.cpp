// What sabotages have done to instances that are this machine's own processes.
#include <signal.h>

#include "runtime/edited_file.h"
#include "runtime/native/native_runtime.h"
#include "runtime/nothing_to_damage.h"

namespace keelson::native {
namespace {

constexpr unsigned kOpenToAll = 0755, kOwnersOnly = 0700;

std::string first_file(const Instance& instance) { return instance.place.config + "/" + instance.files.front().path; }

/// The directory stays its owner's.
Result<void> set_mode(Files& files, const std::string& directory, unsigned mode) {
  KEELSON_TRY(const auto info, files.info(directory));
  if (!info) return fail("there is no such directory", directory);
  return files.make_directory(directory, mode, info->owner);
}

}  // namespace

Result<void> NativeRuntime::may_harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) {
  switch (harm) {
    case Harm::halted: return {};
    case Harm::edited: return placed.instance->files.empty() ? nothing_to_damage("no file is given to " + placed.instance->name) : Result<void>();
    case Harm::privileged: return layout_->site().root ? Result<void>() : nothing_to_damage("of an ordinary user all directories are his own");
    case Harm::opened: break;
  }
  KEELSON_TRY(const ObservedNetwork now, network(foundation));
  return now.state == NetworkState::current ? Result<void>() : nothing_to_damage(now.why.empty() ? "no network policy is in force" : now.why);
}

Result<void> NativeRuntime::harm(const Foundation&, Harm harm, const PlacedInstance& placed) {
  const Instance& instance = *placed.instance;
  switch (harm) {
    case Harm::halted: return agent_->signal(instance.name, SIGSTOP);
    case Harm::edited: return edit_by_hand(machine_.files, first_file(instance));
    case Harm::privileged: return set_mode(machine_.files, instance.place.data, kOpenToAll);
    case Harm::opened: break;
  }
  return lift_network();
}

Result<void> NativeRuntime::heal(const Foundation& foundation, Harm harm, const PlacedInstance& placed) {
  const Instance& instance = *placed.instance;
  switch (harm) {
    case Harm::halted: return agent_->signal(instance.name, SIGCONT);
    case Harm::edited: return undo_edit_by_hand(machine_.files, first_file(instance));
    case Harm::privileged: return set_mode(machine_.files, instance.place.data, kOwnersOnly);
    case Harm::opened: break;
  }
  return enforce_network(foundation);
}

}  // namespace keelson::native
