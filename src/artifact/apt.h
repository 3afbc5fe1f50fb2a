#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "system/commands.h"
#include "system/files.h"

namespace keelson {

/// One package file, as the archive's signed index describes it.
struct DebianPackage {
  std::string name;     ///< "postgresql-15"
  std::string version;  ///< "15.20-0+deb12u1", with epoch
  std::string file;     ///< "postgresql-15_15.20-0+deb12u1_amd64.deb", as apt names it
  std::int64_t size = 0;
  std::string sha256;  ///< lower-case hex
  bool operator==(const DebianPackage&) const = default;
};

/// Reads what `apt-get --print-uris install` prints with Acquire::ForceHash=SHA256: lines of
/// `'URI' FILE SIZE SHA256:HEX`; all others are talk. A package line without a checksum is an error.
Result<std::vector<DebianPackage>> parse_print_uris(std::string_view text);

/// apt-get as a downloader: asks it for closures and package files, never installs. Needs no root. The machine's package
/// lists are used as they are; when they are missing or too old, keelson gets lists of its own, under `directory`.
/// Not thread-safe: ArtifactStore holds its lock around every call.
class Apt {
 public:
  /// `directory` is created when first needed; `progress` gets one line a stage.
  Apt(Files& files, Commands& commands, std::string directory, std::function<void(const std::string&)> progress);

  /// The packages and all they depend on, as if nothing were installed: the same answer on every machine.
  Result<std::vector<DebianPackage>> closure(std::span<const std::string_view> packages);

  /// Puts the package files into `incoming` (an existing directory that user _apt may write, when we are root).
  /// apt checks them against its signed index; the caller checks the SHA-256 again.
  Result<void> download(std::span<const DebianPackage> packages, const std::string& incoming);

  /// Fetches the package lists into keelson's own directory and uses these from now on.
  Result<void> update();
  /// Whether `update` has been done by this object.
  bool updated() const { return updated_; }

 private:
  std::vector<std::string> base() const;
  Result<void> prepare();
  Result<CommandOutput> run(std::vector<std::string> arguments, const std::string& directory);
  Result<std::vector<DebianPackage>> resolve(std::span<const std::string_view> packages);

  Files& files_;
  Commands& commands_;
  std::string directory_;
  std::function<void(const std::string&)> progress_;
  bool prepared_ = false;
  bool own_lists_ = false;
  bool updated_ = false;
};

/// apt's own complaint as an Error that says what to do (no network, package gone, disk full). `doing` names the stage.
Error apt_error(std::string doing, const CommandOutput& output);

/// Who must own a directory for apt's download user: _apt when we are root, else ourselves.
Owner apt_owner();

}  // namespace keelson
