#include "pipeline/locate.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "base/json.h"
#include "system/digest.h"

namespace keelson {
namespace {

constexpr const char* kAppliedSchema = "keelson.applied/v1";
constexpr std::int64_t kLargestInput = 2 << 20;  // the loader refuses more than 1 MiB with its own words

Error damaged(const std::string& path, const std::string& why) {
  return {ErrorCode::failed, "what was applied here cannot be read", path, why,
          "bring that file back from a backup; or move it away, and keelson up -f FILE --runtime RUNTIME with the runtime that the foundation stands on"};
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string home() {
  if (std::string home = variable("HOME"); !home.empty()) return home;
  const struct passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? "/" : entry->pw_dir;
}

std::string absolute(const std::string& directory, const std::string& path) {
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

Result<std::string> read_standard_input() {
  std::string text;
  char buffer[65536];
  while (std::cin.read(buffer, sizeof buffer) || std::cin.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(std::cin.gcount()));
    if (static_cast<std::int64_t>(text.size()) > kLargestInput) break;
  }
  return text;
}

Result<BlueprintSource> read_source(Files& files, const std::string& directory, const std::string& name) {
  if (name == "-") {
    KEELSON_TRY(std::string text, read_standard_input());
    return BlueprintSource{"standard input", std::move(text)};
  }
  std::error_code error;
  // A link the user made to the own blueprint is the user's choice; only here links are followed.
  const std::string path = std::filesystem::canonical(absolute(directory, name), error).string();
  if (error)
    return fail_as(ErrorCode::invalid_blueprint, "cannot read the blueprint", name, error.message(), "check the path given with -f");
  if (std::filesystem::is_directory(path, error))
    return fail_as(ErrorCode::invalid_blueprint, "cannot read the blueprint", name, "it is a directory", "name a file with -f");
  auto text = files.read(path, kLargestInput);
  if (!text) {
    Error failure = text.error();
    failure.code = ErrorCode::invalid_blueprint;
    return unexpected(std::move(failure));
  }
  return BlueprintSource{name, std::move(*text)};
}

}  // namespace

std::string base_dir() {
  if (std::string base = variable("KEELSON_BASE_DIR"); !base.empty()) return base;
  if (geteuid() == 0) return "/var/lib/keelson";
  const std::string state = variable("XDG_STATE_HOME");
  return (state.empty() ? home() + "/.local/state" : state) + "/keelson";
}

std::string artifact_dir() {
  const std::string own = variable("KEELSON_ARTIFACT_DIR");
  return own.empty() ? base_dir() + "/artifacts" : own;
}

std::string image_dir() { return base_dir() + "/images"; }

std::string key_file(const std::string& foundation, const std::string& state_dir) {
  return base_dir() + "/keys/" + foundation + "-" + sha256_hex(state_dir).substr(0, 8) + ".key";
}

Result<std::vector<BlueprintSource>> read_sources(Files& files, const Request& request) {
  std::vector<BlueprintSource> sources;
  for (const std::string& name : request.files) {
    KEELSON_TRY(BlueprintSource source, read_source(files, request.directory, name));
    sources.push_back(std::move(source));
  }
  if (!sources.empty()) return sources;
  for (std::filesystem::path at = request.directory; ; at = at.parent_path()) {
    const std::string candidate = (at / "keelson.yaml").string();
    std::error_code error;
    if (std::filesystem::exists(candidate, error)) {
      KEELSON_TRY(BlueprintSource source, read_source(files, "/", candidate));
      sources.push_back(std::move(source));
      return sources;
    }
    if (!at.has_relative_path()) break;
  }
  return fail_as(ErrorCode::usage, "no blueprint", {}, "there is no keelson.yaml here or in a folder above", "name one: keelson up -f FILE");
}

std::string applied_text(const Applied& applied) {
  Json sources = Json::array();
  for (const BlueprintSource& source : applied.sources) sources.push(Json::object().set("name", source.name).set("text", source.text));
  Json out = Json::object().set("schema", kAppliedSchema).set("profile", applied.profile).set("runtime", applied.runtime);
  if (!applied.stands_on.id.empty()) out.set("stands_on", Json::object().set("id", applied.stands_on.id).set("place", applied.stands_on.place));
  return out.set("sources", sources).dump(2) + "\n";
}

Result<Applied> applied_from(const std::string& text, const std::string& where) {
  const auto json = parse_json(text);
  if (!json) return unexpected(damaged(where, json.error().why.empty() ? json.error().what : json.error().why));
  if ((*json)["schema"].as_string() != kAppliedSchema) return unexpected(damaged(where, "it does not say that it is " + std::string(kAppliedSchema)));
  Applied applied;
  applied.profile = (*json)["profile"].as_string();
  if (json->has("runtime")) applied.runtime = (*json)["runtime"].as_string();
  applied.stands_on = {(*json)["stands_on"]["id"].as_string(), (*json)["stands_on"]["place"].as_string()};
  for (const Json& source : (*json)["sources"].items()) applied.sources.push_back({source["name"].as_string(), source["text"].as_string()});
  return applied;
}

Result<std::optional<Applied>> find_applied(Files& files, const std::string& state_dir) {
  const std::string path = state_dir + "/applied.json";
  KEELSON_TRY(const auto there, files.info(path));
  if (!there) return std::optional<Applied>{};
  KEELSON_TRY(const std::string text, files.read(path));
  KEELSON_TRY(Applied applied, applied_from(text, path));
  return std::optional<Applied>(std::move(applied));
}

Result<Applied> read_applied(Files& files, const std::string& state_dir) {
  KEELSON_TRY(std::optional<Applied> applied, find_applied(files, state_dir));
  if (!applied) return fail_as(ErrorCode::not_running, "nothing was ever applied here", state_dir, {}, "bring it up: keelson up -f FILE");
  return std::move(*applied);
}

Result<void> write_if_changed(Files& files, const std::string& path, const std::string& content, unsigned mode) {
  const auto existing = files.read(path);
  if (existing && *existing == content) return {};
  return files.write(path, content, mode);
}

}  // namespace keelson
