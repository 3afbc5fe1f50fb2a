#pragma once
#include <string>
#include <vector>

#include "base/json.h"

namespace keelson {

/// What a container image was made of.
struct ImageContents {
  std::string name;     ///< "keelson/redis:7.0-8c1479f62efd"
  std::string id;       ///< "sha256:…"
  std::string build;    ///< of the keelson inside: build_of
  std::string program;  ///< the SHA-256 of that keelson, hex
  std::vector<Json> parts;  ///< of each artifact in it what ArtifactStore::lock tells
};

/// Its bill of materials: SPDX 2.3 as JSON (spdx.github.io/spdx-spec/v2.3), the image with keelson and each Debian package in it once, by name, version, the SHA-256
/// of the package file, and a purl (github.com/package-url/purl-spec) for scanners. The same contents give the same bytes: it names no time and no machine. Pure.
std::string spdx_of(const ImageContents& image);

}  // namespace keelson
