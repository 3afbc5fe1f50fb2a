#include "state/damage_journal.h"

#include "system/files.h"

namespace keelson::state {

Result<void> DamageJournal::open(const OpenDamage& damage) {
  RealFiles files;
  const Json entry = Json::object().set("schema", "keelson." + name_ + "-record/v1").set("id", damage.id).set("what", damage.what).set("repair", damage.repair);
  return files.write(path_, entry.dump(2) + "\n", 0600, {});
}

Result<void> DamageJournal::close() {
  RealFiles files;
  return files.remove(path_);
}

Result<std::optional<OpenDamage>> DamageJournal::left_over() {
  RealFiles files;
  KEELSON_TRY(const auto info, files.info(path_));
  if (!info) return std::nullopt;
  KEELSON_TRY(const std::string text, files.read(path_, 1 << 20));
  KEELSON_TRY(const Json entry, parse_json(text));
  return OpenDamage{entry["id"].as_string(), entry["what"].as_string(), entry["repair"]};
}

bool damage_left(const std::string& state_dir) {
  for (const std::string_view name : {DamageJournal::kSabotage, DamageJournal::kDrill})
    if (const auto left = DamageJournal(state_dir, name).left_over(); !left || *left) return true;
  return false;
}

}  // namespace keelson::state
