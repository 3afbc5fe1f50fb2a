#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "blueprint/blueprint.h"
#include "pipeline/pipeline.h"
#include "system/files.h"

namespace keelson {

/// Where this user's foundations live: /var/lib/keelson as root, else $XDG_STATE_HOME/keelson (~/.local/state/keelson).
/// KEELSON_BASE_DIR overrides it.
std::string base_dir();

/// The artifact store shared by this user's foundations: KEELSON_ARTIFACT_DIR, else <base>/artifacts.
std::string artifact_dir();

/// The container images that this user's foundations share: <base>/images.
std::string image_dir();

/// The file with the key of a foundation's secret store; outside its state directory. Two state directories may hold foundations of
/// one name; each has its own key.
std::string key_file(const std::string& foundation, const std::string& state_dir);

/// The blueprint files a request names, read: -f files, "-" = standard input, else keelson.yaml from `directory` upward.
Result<std::vector<BlueprintSource>> read_sources(Files& files, const Request& request);

/// The engine or cluster that a foundation was brought up on, where its runtime has one.
struct StandsOn {
  std::string id = {};     ///< its own, which no other has
  std::string place = {};  ///< where it was found: "unix:///var/run/docker.sock"
};

/// What was last applied, kept in <state>/applied.json: the sources' text, the profile and the runtime, so that `status`, `down` or
/// `verify` need no file.
struct Applied {
  std::vector<BlueprintSource> sources;
  std::string profile;
  std::string runtime = "native";
  StandsOn stands_on = {};
};
/// Nothing when nothing was ever applied. A damaged one is an error: who cannot tell what stands must not begin anew.
Result<std::optional<Applied>> find_applied(Files& files, const std::string& state_dir);
/// The same; nothing is ErrorCode::not_running.
Result<Applied> read_applied(Files& files, const std::string& state_dir);
std::string applied_text(const Applied& applied);
/// `where` the text is from, for errors.
Result<Applied> applied_from(const std::string& text, const std::string& where);

Result<void> write_if_changed(Files& files, const std::string& path, const std::string& content, unsigned mode);

}  // namespace keelson
