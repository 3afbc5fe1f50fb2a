#include "artifact/image.h"
#include "cli/opening.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/locate.h"
#include "pipeline/render.h"
#include "runtime/compose/docker.h"

namespace keelson::cli {
namespace {

/// The images that this user's foundations share.
struct Images {
  RealFiles files;
  RealCommands commands;
  ArtifactStore artifacts{files, commands, artifact_dir()};
  ImageStore store{files, commands, artifacts, image_dir()};
};

Json image_json(const BuiltImage& image, bool built) {
  return Json::object().set("name", image.name).set("built", built).set("id", image.id).set("archive", image.archive).set("sbom", image.sbom);
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
  const auto wanted = artifacts_of_render({options.common.request});
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
  const auto wanted = artifacts_of_render({options.common.request});
  if (!wanted) return output.errors(wanted.error());
  Images images;
  const auto build = build_of(images.files, own_path());
  if (!build) return output.error(build.error());
  std::vector<std::pair<BuiltImage, bool>> seen;
  for (const Artifact* artifact : *wanted) {
    auto image = images.store.built_with(*artifact, own_path());
    if (!image) return output.error(image.error());
    const bool built = image->has_value();
    seen.emplace_back(image->value_or(BuiltImage{image_name(*artifact, *build), {}, {}}), built);
  }
  return show(seen, output);
}

int run(const ImagesLoadOptions& options, Output& output) {
  const auto wanted = artifacts_of_render({options.common.request});
  if (!wanted) return output.errors(wanted.error());
  Images images;
  const auto docker = compose::Docker::find(images.files, images.commands);
  if (!docker) return output.error(docker.error());
  std::vector<std::pair<BuiltImage, bool>> loaded;
  for (const Artifact* artifact : *wanted) {
    const auto image = images.store.built_with(*artifact, own_path());
    if (!image) return output.error(image.error());
    if (!*image) return output.error({ErrorCode::failed, "the image is not built", image_name(*artifact), "or with another keelson in it", "keelson images build"});
    if (const auto done = (*docker)->load_image((*image)->archive, (*image)->name); !done) return output.error(done.error());
    loaded.emplace_back(**image, true);
  }
  return show(loaded, output);
}

}  // namespace keelson::cli
