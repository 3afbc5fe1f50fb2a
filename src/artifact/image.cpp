#include "artifact/image.h"

#include <vector>

#include "artifact/build_id.h"
#include "artifact/lock.h"
#include "artifact/sbom.h"
#include "base/json.h"
#include "preload_conf.h"
#include "system/digest.h"

namespace keelson {
namespace {

constexpr std::int64_t kLargestLayer = 2LL << 30;
constexpr int kTarMs = 300'000;
constexpr const char* kNoTime = "1970-01-01T00:00:00Z";

/// The first two lines are left out of artifacts (host_packages.h), because natively the machine has them: named here, they come. Engines are linked with them.
/// The others are what keelson is linked with (cmake/dependencies.cmake); what these need comes along.
constexpr std::string_view kBasePackages[] = {"libc6", "libcrypt1", "libdb5.3",
                                              "libpam0g", "libaudit1", "libcap-ng0", "libmd0",
                                              "libstdc++6", "libfmt9", "libyaml-cpp0.7", "libssl3", "libcurl4", "libpq5", "libsqlite3-0", "libmicrohttpd12", "libnftables1"};
constexpr Artifact kBase{.id = "image-base", .series = "2.36", .source = ArtifactSource::debian, .packages = kBasePackages, .program = "lib/x86_64-linux-gnu/libc.so.6"};

/// What containers mount onto. New volumes take over the mode, so that whichever user a container has may write.
struct Directory {
  std::string_view path;
  unsigned mode;
};
constexpr Directory kDirectories[] = {{"keelson", 0755}, {"keelson/config", 01777}, {"keelson/data", 01777}, {"keelson/given", 0755}, {"keelson/probe", 0755},
                                      {"keelson/run", 0755}, {"keelson/tls", 0755}, {"tmp", 01777}, {"usr", 0755}, {"usr/bin", 0755}, {"usr/lib", 0755}, {"usr/lib/keelson", 0755}, {"usr/local", 0755}, {"usr/local/bin", 0755}};

/// Scripts in usr/local/bin, where PATH begins; there is no shell. The first is in front of each client (Artifact::tools); the second is in every image, because
/// handbooks have people look names up from inside.
constexpr std::string_view kTool = "#!/usr/bin/keelson tool\n";
constexpr std::string_view kNameLookup = "#!/usr/bin/keelson nslookup\n";

std::string last_words(const CommandOutput& output) {
  const std::string& said = output.err.empty() ? output.out : output.err;
  return said.size() > 400 ? said.substr(said.size() - 400) : said;
}

Json configuration(const std::vector<std::string>& digests) {
  Json diff_ids = Json::array();
  for (const std::string& digest : digests) diff_ids.push("sha256:" + digest);
  const Json environment = Json::array().push("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").push("LANG=C.UTF-8");
  return Json::object()
      .set("architecture", "amd64")
      .set("os", "linux")
      .set("created", kNoTime)
      .set("config", Json::object().set("Env", environment))
      .set("rootfs", Json::object().set("type", "layers").set("diff_ids", std::move(diff_ids)));
}

}  // namespace

std::string image_name(const Artifact& artifact, const std::string& build) {
  return "keelson/" + std::string(artifact.id) + ":" + std::string(artifact.series) + (build.empty() ? "" : "-" + build);
}

Result<std::string> build_of(Files& files, const std::string& program) {
  constexpr std::size_t kShown = 12;
  KEELSON_TRY(const std::string start, files.read_start(program, kBuildIdWithin));
  if (const std::string id = build_id(start); id.size() >= kShown) return id.substr(0, kShown);
  KEELSON_TRY(const std::string bytes, files.read(program, kLargestLayer));
  return sha256_hex(bytes).substr(0, kShown);
}

const Artifact& image_base() { return kBase; }

ImageStore::ImageStore(Files& files, Commands& commands, ArtifactStore& artifacts, std::string root)
    : files_(files), commands_(commands), artifacts_(artifacts), root_(std::move(root)) {}

std::string ImageStore::archive(const Artifact& artifact) const { return root_ + "/" + std::string(artifact.id) + "-" + std::string(artifact.series) + ".tar"; }

std::string ImageStore::sbom(const Artifact& artifact) const { return root_ + "/" + std::string(artifact.id) + "-" + std::string(artifact.series) + ".spdx.json"; }

Result<std::string> ImageStore::bill_of(const std::vector<const Artifact*>& parts, const std::string& program, const std::string& name, const std::string& id) {
  ImageContents contents{.name = name, .id = id, .build = {}, .program = {}, .parts = {}};
  KEELSON_TRY(contents.build, build_of(files_, program));
  KEELSON_TRY(const std::string bytes, files_.read(program, kLargestLayer));
  contents.program = sha256_hex(bytes);
  KEELSON_TRY(const Json lock, artifacts_.lock());
  for (const Artifact* part : parts) contents.parts.push_back(lock["artifacts"][std::string(part->id) + "-" + std::string(part->series)]);
  return spdx_of(contents);
}

/// GNU tar, which is on every Debian: sorted, of root, without times. The store's own records stay out, and manual pages.
Result<void> ImageStore::tar(const std::string& tree, const std::string& file) {
  std::vector<std::string> argv{"tar", "--create", "--file", file, "--directory", tree, "--format=gnu", "--sort=name", "--mtime=@0", "--owner=0", "--group=0",
                                "--numeric-owner", "--exclude=usr/share/man", "--exclude=usr/share/doc/*/changelog*", "--"};
  // By name and not as ".": some readers of archives look for "manifest.json", and not for "./manifest.json".
  KEELSON_TRY(const std::vector<std::string> names, files_.list(tree));
  for (const std::string& name : names)
    if (!name.starts_with(".keelson")) argv.push_back(name);
  KEELSON_TRY(const auto output, commands_.run(argv, {.timeout_ms = kTarMs}));
  if (output.status != 0) return fail("cannot write a layer of an image", file, last_words(output), "free disk space when it is full, then build again");
  return {};
}

Result<ImageStore::Layer> ImageStore::layer(const std::string& tree, const std::string& staging) {
  const std::string unnamed = staging + "/layer.tar";
  KEELSON_CHECK(tar(tree, unnamed));
  KEELSON_TRY(const std::string bytes, files_.read(unnamed, kLargestLayer));
  const std::string digest = sha256_hex(bytes);
  const std::string directory = staging + "/archive/" + digest;
  KEELSON_CHECK(files_.make_directory(directory, 0755));
  KEELSON_CHECK(files_.rename(unnamed, directory + "/layer.tar"));
  return Layer{digest, digest + "/layer.tar"};
}

Result<std::string> ImageStore::keelson_tree(const Artifact& artifact, const std::string& program, const std::string& staging) {
  const std::string tree = staging + "/keelson";
  KEELSON_CHECK(files_.make_directory(tree, 0755));
  for (const Directory& directory : kDirectories) KEELSON_CHECK(files_.make_directory(tree + "/" + std::string(directory.path), directory.mode));
  KEELSON_TRY(const std::string bytes, files_.read(program, kLargestLayer));
  KEELSON_CHECK(files_.write(tree + "/usr/bin/keelson", bytes, 0755));
  KEELSON_CHECK(files_.write(tree + std::string(kRefusedConnect), conf::preload::refused_connect_so, 0644));
  KEELSON_CHECK(files_.write(tree + "/usr/local/bin/nslookup", kNameLookup, 0755));
  for (const std::string_view tool : artifact.tools) KEELSON_CHECK(files_.write(tree + "/usr/local/bin/" + std::string(tool), kTool, 0755));
  return tree;
}

Result<BuiltImage> ImageStore::build(const Artifact& artifact, const std::string& program, const Progress& progress) {
  if (artifact.source == ArtifactSource::host) return fail_as(ErrorCode::not_supported, "no image can hold a program of this machine", "/" + std::string(artifact.program));
  std::vector<const Artifact*> parts{&kBase, &artifact};
  if (artifact.machine != nullptr) parts.insert(parts.begin() + 1, artifact.machine);
  for (const Artifact* part : parts) KEELSON_CHECK(artifacts_.fetch(*part, progress));
  KEELSON_TRY(const std::string keelson, build_of(files_, program));
  const std::string name = image_name(artifact, keelson);
  progress(std::string(artifact.id) + ": writing " + name);

  KEELSON_CHECK(files_.make_directory(root_, 0755));
  KEELSON_TRY(const StoreLock held, StoreLock::take(root_ + "/.lock", [&] { progress("images that are being built"); }));
  const std::string staging = root_ + "/.new-" + std::string(artifact.id);  // of a killed build, too
  KEELSON_CHECK(files_.remove_tree(staging));
  KEELSON_CHECK(files_.make_directory(staging + "/archive", 0755));
  std::vector<std::string> trees;
  for (const Artifact* part : parts) trees.push_back(artifacts_.tree(*part));
  KEELSON_TRY(const std::string own, keelson_tree(artifact, program, staging));
  trees.push_back(own);
  std::vector<std::string> digests;
  Json layers = Json::array();
  for (const std::string& tree : trees) {
    KEELSON_TRY(const Layer made, layer(tree, staging));
    digests.push_back(made.digest);
    layers.push(made.path);
  }
  const std::string config = configuration(digests).dump();
  const std::string id = sha256_hex(config);
  const Json manifest = Json::array().push(Json::object().set("Config", id + ".json").set("RepoTags", Json::array().push(name)).set("Layers", std::move(layers)));
  KEELSON_CHECK(files_.write(staging + "/archive/" + id + ".json", config, 0644));
  KEELSON_CHECK(files_.write(staging + "/archive/manifest.json", manifest.dump(), 0644));
  KEELSON_CHECK(tar(staging + "/archive", staging + "/image.tar"));
  KEELSON_CHECK(files_.remove(archive(artifact) + ".id"));  // rather none than that of the archive before
  KEELSON_TRY(const std::string bill, bill_of(parts, program, name, "sha256:" + id));
  KEELSON_CHECK(files_.write(sbom(artifact), bill, 0644));
  KEELSON_CHECK(files_.rename(staging + "/image.tar", archive(artifact)));
  KEELSON_CHECK(files_.write(archive(artifact) + ".id", "sha256:" + id + "\n" + name + "\n", 0644));
  KEELSON_CHECK(files_.remove_tree(staging));
  return BuiltImage{name, archive(artifact), "sha256:" + id, sbom(artifact)};
}

Result<std::optional<BuiltImage>> ImageStore::built_with(const Artifact& artifact, const std::string& program) {
  KEELSON_TRY(const auto there, files_.info(archive(artifact)));
  KEELSON_TRY(const auto noted, files_.info(archive(artifact) + ".id"));
  if (!there || !noted) return std::optional<BuiltImage>{};
  KEELSON_TRY(const std::string build, build_of(files_, program));
  KEELSON_TRY(const std::string told, files_.read(archive(artifact) + ".id", 4096));
  const std::size_t line = told.find('\n');
  const std::string name = image_name(artifact, build);
  if (line == std::string::npos || told.substr(line + 1) != name + "\n") return std::optional<BuiltImage>{};
  return BuiltImage{name, archive(artifact), told.substr(0, line), sbom(artifact)};
}

}  // namespace keelson
