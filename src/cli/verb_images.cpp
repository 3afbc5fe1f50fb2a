#include <cstdlib>

#include "artifact/image.h"
#include "cli/opening.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/locate.h"
#include "pipeline/render.h"

namespace keelson::cli {
namespace {

constexpr int kLoadMs = 600'000;

/// The images that this user's foundations share.
struct Images {
  RealFiles files;
  RealCommands commands;
  ArtifactStore artifacts{files, commands, artifact_dir()};
  ImageStore store{files, commands, artifacts, base_dir() + "/images"};
};

/// A program of the user's PATH: container clients are often outside the system's own directories.
Result<std::string> find_program(Files& files, const std::string& name) {
  const char* path = std::getenv("PATH");
  const std::string places = path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path;
  for (std::size_t from = 0; from <= places.size();) {
    const std::size_t colon = std::min(places.find(':', from), places.size());
    const std::string candidate = places.substr(from, colon - from) + "/" + name;
    from = colon + 1;
    const auto there = files.info(candidate);
    if (candidate.starts_with('/') && there && *there) return candidate;
  }
  return fail_as(ErrorCode::preflight_refused, name + " is not here", places, {}, "install a Docker client, or load the archives that `keelson images list` names by another one");
}

/// What a Docker client looks at to find its engine.
std::vector<std::pair<std::string, std::string>> client_environment() {
  std::vector<std::pair<std::string, std::string>> out{{"LANG", "C.UTF-8"}};
  for (const char* name : {"PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH"})
    if (const char* value = std::getenv(name)) out.emplace_back(name, value);
  return out;
}

Result<void> load(Images& images, const std::string& docker, const BuiltImage& image) {
  Commands& commands = images.commands;
  KEELSON_TRY(const CommandOutput output, commands.run({docker, "load", "--quiet", "--input", image.archive}, {.environment = client_environment(), .timeout_ms = kLoadMs}));
  if (output.status == 0) return {};
  return fail("docker does not take the image", image.name, output.err.substr(0, 400), "is its engine running? docker info");
}

Json image_json(const BuiltImage& image, bool built) {
  return Json::object().set("name", image.name).set("built", built).set("id", image.id).set("archive", image.archive);
}

/// The same table for all three verbs.
int show(const std::vector<std::pair<BuiltImage, bool>>& images, Output& output) {
  Json list = Json::array();
  Table table({"IMAGE", "BUILT", "ID", "ARCHIVE"});
  for (const auto& [image, built] : images) {
    list.push(image_json(image, built));
    table.row({image.name, built ? "yes" : "no", image.id.substr(0, 19), image.archive});
  }
  if (output.structured()) output.document(document_head("images").set("images", std::move(list)));
  else output.print(table.text(output));
  return 0;
}

}  // namespace

int run(const ImagesBuildOptions& options, Output& output) {
  const auto wanted = artifacts_of_render({options.common.request, options.common.runtime});
  if (!wanted) return output.errors(wanted.error());
  Images images;
  const Progress progress = make_progress(options.common.progress, output);
  std::vector<std::pair<BuiltImage, bool>> made;
  for (const Artifact* artifact : *wanted) {
    auto image = images.store.build(*artifact, own_path(), progress);
    if (!image) return output.error(image.error());
    made.emplace_back(std::move(*image), true);
  }
  return show(made, output);
}

int run(const ImagesListOptions& options, Output& output) {
  const auto wanted = artifacts_of_render({options.common.request, options.common.runtime});
  if (!wanted) return output.errors(wanted.error());
  Images images;
  std::vector<std::pair<BuiltImage, bool>> seen;
  for (const Artifact* artifact : *wanted) {
    auto image = images.store.built(*artifact);
    if (!image) return output.error(image.error());
    const bool built = image->has_value();
    seen.emplace_back(image->value_or(BuiltImage{image_name(*artifact), {}, {}}), built);
  }
  return show(seen, output);
}

int run(const ImagesLoadOptions& options, Output& output) {
  const auto wanted = artifacts_of_render({options.common.request, options.common.runtime});
  if (!wanted) return output.errors(wanted.error());
  Images images;
  const auto docker = find_program(images.files, "docker");
  if (!docker) return output.error(docker.error());
  std::vector<std::pair<BuiltImage, bool>> loaded;
  for (const Artifact* artifact : *wanted) {
    const auto image = images.store.built(*artifact);
    if (!image) return output.error(image.error());
    if (!*image) return output.error({ErrorCode::failed, "the image is not built", image_name(*artifact), {}, "keelson images build"});
    if (const auto done = load(images, *docker, **image); !done) return output.error(done.error());
    loaded.emplace_back(**image, true);
  }
  return show(loaded, output);
}

}  // namespace keelson::cli
