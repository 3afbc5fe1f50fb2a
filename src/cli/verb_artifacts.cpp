#include <filesystem>

#include "artifact/store.h"
#include "cli/opening.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/locate.h"
#include "system/commands.h"
#include "system/files.h"

namespace keelson::cli {
namespace {

/// The store that this user's foundations share, on the real machine.
struct Store {
  RealFiles files;
  RealCommands commands;
  ArtifactStore artifacts{files, commands, artifact_dir()};
};

std::string_view word_of(ArtifactSource source) {
  switch (source) {
    case ArtifactSource::debian: return "debian";
    case ArtifactSource::host: return "host";
  }
  return "unknown";
}

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

/// Each once, in the order in which the blueprint's components need them.
std::vector<const Artifact*> artifacts_of(const Foundation& foundation) {
  std::vector<const Artifact*> out;
  for (const Component& component : foundation.components)
    for (const Artifact& artifact : component.kind->artifacts)
      if (std::none_of(out.begin(), out.end(), [&](const Artifact* known) { return known->id == artifact.id; })) out.push_back(&artifact);
  return out;
}

/// What is here of one artifact.
struct Seen {
  bool present = false;
  std::string version = {};  ///< "" for programs of the machine
  std::string warning = {};
};

Result<Seen> look_at(ArtifactStore& store, const Artifact& artifact) {
  Seen seen;
  KEELSON_TRY(seen.present, store.present(artifact));
  if (!seen.present || artifact.source == ArtifactSource::host) return seen;
  KEELSON_TRY(seen.version, store.installed_series(artifact));
  KEELSON_TRY(seen.warning, store.series_warning(artifact));
  return seen;
}

/// tar and the store want it absolute; where the user stands is known only here.
std::string from_here(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::absolute(file, ignored).string();
}

}  // namespace

int run(const ArtifactsListOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  Store store;
  Json list = Json::array();
  Table table({"ARTIFACT", "SERIES", "SOURCE", "HERE", "VERSION", "PACKAGES"});
  for (const Artifact* artifact : artifacts_of((*pipeline)->foundation())) {
    const auto seen = look_at(store.artifacts, *artifact);
    if (!seen) return output.error(seen.error());
    if (!seen->warning.empty()) output.note("keelson: " + seen->warning);
    Json packages = Json::array();
    for (std::string_view package : artifact->packages) packages.push(Json(package));
    list.push(Json::object().set("id", Json(artifact->id)).set("series", Json(artifact->series)).set("source", Json(word_of(artifact->source)))
                  .set("present", seen->present).set("version", seen->version).set("packages", std::move(packages)));
    table.row({std::string(artifact->id), std::string(artifact->series), std::string(word_of(artifact->source)), seen->present ? "yes" : "no",
               seen->version, joined(artifact->packages)});
  }
  if (output.structured()) output.document(document_head("artifacts").set("foundation", (*pipeline)->foundation().name).set("artifacts", std::move(list)));
  else output.print(table.text(output));
  return 0;
}

int run(const ArtifactsFetchOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  Store store;
  const Progress progress = make_progress(options.common.progress, output);
  for (const Artifact* artifact : artifacts_of((*pipeline)->foundation()))
    if (const auto fetched = store.artifacts.fetch(*artifact, progress); !fetched) return output.error(fetched.error());
  return 0;
}

int run(const ArtifactsExportOptions& options, Output& output) {
  Store store;
  if (const auto exported = store.artifacts.export_bundle(from_here(options.file)); !exported) return output.error(exported.error());
  output.note("keelson: " + options.file + " holds every artifact that is here");
  return 0;
}

int run(const ArtifactsImportOptions& options, Output& output) {
  Store store;
  if (const auto imported = store.artifacts.import_bundle(from_here(options.file)); !imported) return output.error(imported.error());
  output.note("keelson: what " + options.file + " holds is here; what was here before was left alone");
  return 0;
}

}  // namespace keelson::cli
