#pragma once
#include <span>
#include <string_view>

namespace keelson {

/// Where the bytes of an engine come from. `host` means the machine's own program (a `custom` component).
enum class ArtifactSource { debian, host };

/// An engine's bytes: a fact of its kind. An artifact is unpacked into its own tree of the artifact store, never
/// installed; its programs are addressed relative to that tree ("usr/bin/redis-server").
struct Artifact {
  std::string_view id;                         ///< "redis"; also the tree's name together with `series`
  std::string_view series;                     ///< upstream series tested, e.g. "7.0"; patch levels may move on
  ArtifactSource source = ArtifactSource::debian;
  std::span<const std::string_view> packages;  ///< Debian: package names; the dependency closure is fetched with them
  std::string_view program;                    ///< relative path that must exist and run, e.g. "usr/bin/redis-server"
  std::string_view version_flag = "--version"; ///< argument that makes it print its version
  /// What its programs take from the machine they run on: an interpreter, a shell, a locale. Natively the machine's own is used; a container
  /// image, which is no whole Debian, brings it. Null = no more than every image has (artifact/image.h).
  const Artifact* machine = nullptr;
  /// Clients among its programs that people type inside a container, "redis-cli": there an instance's own words (Instance::tools) come before what is typed.
  std::span<const std::string_view> tools = {};
};

}  // namespace keelson
