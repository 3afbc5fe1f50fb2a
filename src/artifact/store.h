#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "component/artifact.h"
#include "system/commands.h"
#include "system/files.h"

namespace keelson {

class Apt;
struct DebianPackage;

/// The engines' bytes, unpacked and never installed: one tree an artifact (`ROOT/<id>-<series>`), beside a shared cache of
/// package files (`ROOT/cache`), apt's own corner (`ROOT/apt`) and `ROOT/lock.json`, which records what was taken.
///
/// A tree appears whole or not at all: it is filled under another name, its program is run once, its record
/// (`.keelson.json`) is written, and then it is renamed. What a killed fetch leaves does not count as present and is
/// removed by the next fetch. Fetches exclude each other, threads and processes alike, by a lock on `ROOT/.lock` that the
/// kernel drops with its holder. Works for root and for ordinary users. All directories are world-readable, because
/// engines run as users of their own.
class ArtifactStore {
 public:
  using Progress = std::function<void(const std::string&)>;

  /// `root` is an absolute path ("/var/lib/keelson/artifacts"), created when first needed.
  ArtifactStore(Files& files, Commands& commands, std::string root);

  /// Whether the artifact can be used now. Host artifacts: whether the program exists on the machine.
  Result<bool> present(const Artifact& artifact);

  /// Makes the artifact present; does nothing when it is. `progress` gets short lines, one a stage, on the calling thread.
  /// Takes seconds to minutes. Errors say what is missing (network, package, disk) and what to do.
  Result<void> fetch(const Artifact& artifact, const Progress& progress);

  /// "ROOT/redis-7.0"; "/" for host artifacts. Says nothing about its presence.
  std::string tree(const Artifact& artifact) const;

  /// What a program of the tree needs around it: PATH, LANG, LD_LIBRARY_PATH, PYTHONPATH. Python programs of the tree
  /// run by the machine's interpreter, /usr/bin/python3.
  std::vector<std::pair<std::string, std::string>> environment(const Artifact& artifact) const;

  /// The version unpacked, without Debian's revision ("15.20"); an error when the artifact is not present.
  Result<std::string> installed_series(const Artifact& artifact);

  /// A sentence when the version unpacked is not of the series keelson was tested with, else "".
  Result<std::string> series_warning(const Artifact& artifact);

  /// What was taken: `{schema, artifacts:{"redis-7.0": {id, series, version, packages:[{name, version, sha256, size}]}}}`.
  Result<Json> lock();

  /// Writes every present tree into one uncompressed tar, for machines without network.
  Result<void> export_bundle(const std::string& path);
  /// Takes the trees of such a file that are not here yet. Refuses a file that holds anything but trees with their
  /// records. A bundle is trusted as it is: check its SHA-256 by the way you trust before importing it.
  Result<void> import_bundle(const std::string& path);

 private:
  Result<void> prepare();
  Result<void> clean_leftovers();
  Result<void> collect(const std::vector<DebianPackage>& packages, Apt& apt, const Progress& progress);
  Result<void> unpack(const Artifact& artifact, const std::vector<DebianPackage>& packages, const std::string& tree);
  Result<void> prove(const Artifact& artifact, const std::string& tree);
  Result<void> prove_program(const std::vector<std::string>& argv, const Artifact& artifact, const std::string& tree);
  Result<Json> record(const std::string& tree);
  Result<void> write_lock();
  std::vector<std::pair<std::string, std::string>> environment_of(const Artifact& artifact,
                                                                  const std::string& tree) const;

  Files& files_;
  Commands& commands_;
  std::string root_;
};

/// Whether a version belongs to a series: "15.20" to "15" and "7.0.15" to "7.0", but "7.02" not to "7.0".
bool in_series(std::string_view version, std::string_view series);

/// The upstream part of a Debian version: no epoch, no revision ("5:7.0.15-1~deb12u1" -> "7.0.15").
std::string upstream_version(std::string_view version);

}  // namespace keelson
