#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace keelson::state {

/// A damage done on purpose that is not yet repaired. `repair` is what its author needs to undo it; it holds no secrets.
struct OpenDamage {
  std::string id;
  std::string what;
  Json repair;
};

/// `<state_dir>/<name>.json`: written and synced before the damage is done, removed after it was repaired. A killed run therefore
/// leaves a record of everything that may have been done, and the next `up` or start of an agent repairs from it. Who damages holds the state's lock.
class DamageJournal {
 public:
  static constexpr std::string_view kSabotage = "sabotage", kDrill = "drill";

  DamageJournal(const std::string& state_dir, std::string_view name) : name_(name), path_(state_dir + "/" + name_ + ".json") {}
  Result<void> open(const OpenDamage& damage);
  Result<void> close();
  /// Nothing when no damage is open.
  Result<std::optional<OpenDamage>> left_over();
  const std::string& path() const { return path_; }

 private:
  const std::string name_;
  const std::string path_;
};

/// Whether any journal of the foundation is open: of `verify --sabotage` or of a drill.
bool damage_left(const std::string& state_dir);

}  // namespace keelson::state
