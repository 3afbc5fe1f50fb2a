#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "artifact/store.h"
#include "base/result.h"
#include "component/artifact.h"
#include "system/commands.h"
#include "system/files.h"

namespace keelson {

/// The name of the container image that holds an artifact and a build of keelson: "keelson/redis:7.0-8c1479f62efd". Foundations of two keelsons
/// on one engine keep their own. No registry has it: images are made here. "" = of whichever build.
std::string image_name(const Artifact& artifact, const std::string& build = {});

/// What tells a keelson from others in the names of its images: the start of its build id, or of its digest where it has none.
Result<std::string> build_of(Files& files, const std::string& program);

/// In every image: loaded into engines first, it tells them of refused connections at once (preload/refused_connect.cpp; ADR 0035).
inline constexpr std::string_view kRefusedConnect = "/usr/lib/keelson/refused-connect.so";

/// What every image stands on: the C library, and what keelson itself is linked with. Fetched like any artifact.
const Artifact& image_base();

/// An image as it lies in the store.
struct BuiltImage {
  std::string name;     ///< "keelson/redis:7.0-8c1479f62efd"
  std::string archive;  ///< absolute path of the docker-archive
  std::string id;       ///< "sha256:…", as engines will call it: same content, same id
  std::string sbom = {};  ///< absolute path of its bill of materials, beside the archive (artifact/sbom.h)
};

/// Container images made of artifacts, without an engine and without a registry.
///
/// Layers: the base, what the artifact takes from a machine (if anything), its own tree, and keelson with the directories that containers mount onto. A layer is a tar of a tree in
/// sorted order, owned by root, all times 0; the configuration names no time and no machine. So the same packages and the same keelson
/// give the same id, wherever and whenever. The archive is what `docker load`, `podman load` and `ctr image import` take.
/// It appears whole or not at all. Builds exclude each other, by a lock on `ROOT/.lock`.
class ImageStore {
 public:
  using Progress = std::function<void(const std::string&)>;

  /// `root` is an absolute path ("/var/lib/keelson/images"), made when first needed. Borrows the rest.
  ImageStore(Files& files, Commands& commands, ArtifactStore& artifacts, std::string root);

  /// Builds the image of a Debian artifact; fetches what it is made of. `program` is the keelson that goes in.
  Result<BuiltImage> build(const Artifact& artifact, const std::string& program, const Progress& progress);
  /// What was built with this very keelson in it, or nothing: there is one archive an artifact, of the last build.
  Result<std::optional<BuiltImage>> built_with(const Artifact& artifact, const std::string& program);

 private:
  struct Layer {
    std::string digest;  ///< SHA-256 of the tar, hex
    std::string path;
  };
  std::string archive(const Artifact& artifact) const;
  std::string sbom(const Artifact& artifact) const;
  Result<std::string> bill_of(const std::vector<const Artifact*>& parts, const std::string& program, const std::string& name, const std::string& id);
  Result<Layer> layer(const std::string& tree, const std::string& staging);
  Result<std::string> keelson_tree(const Artifact& artifact, const std::string& program, const std::string& staging);
  Result<void> tar(const std::string& tree, const std::string& file);

  Files& files_;
  Commands& commands_;
  ArtifactStore& artifacts_;
  std::string root_;
};

}  // namespace keelson
