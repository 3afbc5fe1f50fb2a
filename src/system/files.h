#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace keelson {

/// Who owns a file. -1 leaves it as it is.
struct Owner {
  int uid = -1;
  int gid = -1;
  bool operator==(const Owner&) const = default;
};

enum class FileKind { regular, directory, symlink, other };

struct FileInfo {
  FileKind kind = FileKind::regular;
  unsigned mode = 0;  ///< permission bits only (07777)
  Owner owner = {};
  std::int64_t size = 0;
  std::int64_t modified_ms = 0;
};

/// The file system, as keelson uses it. Paths are absolute. Nothing follows a symlink in the last component: a symlink where
/// a file or directory is expected is an error, never a detour. All errors name the path and errno's text.
class Files {
 public:
  virtual ~Files() = default;
  /// The whole file; refuses more than `limit` bytes.
  virtual Result<std::string> read(const std::string& path, std::int64_t limit = 64 << 20) = 0;
  /// The first `bytes` bytes of a file of any size, fewer when it is shorter.
  virtual Result<std::string> read_start(const std::string& path, std::size_t bytes) = 0;
  /// Replaces or creates atomically: a temporary file beside it with owner and mode set first, fsync, rename.
  virtual Result<void> write(const std::string& path, std::string_view content, unsigned mode, Owner owner = {}) = 0;
  /// Makes the directory (parents too, 0755 root's) and sets mode and owner. An existing directory of another owner than
  /// `owner` or keelson itself is refused: never chown what somebody else owns.
  virtual Result<void> make_directory(const std::string& path, unsigned mode, Owner owner = {}) = 0;
  /// Nothing when there is nothing.
  virtual Result<std::optional<FileInfo>> info(const std::string& path) = 0;
  /// Names in a directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
  virtual Result<void> remove(const std::string& path) = 0;       ///< a file or an empty directory; absent is fine
  virtual Result<void> remove_tree(const std::string& path) = 0;  ///< never follows symlinks; absent is fine
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
};

/// The real one. Thread-safe.
class RealFiles : public Files {
 public:
  Result<std::string> read(const std::string& path, std::int64_t limit) override;
  Result<std::string> read_start(const std::string& path, std::size_t bytes) override;
  Result<void> write(const std::string& path, std::string_view content, unsigned mode, Owner owner) override;
  Result<void> make_directory(const std::string& path, unsigned mode, Owner owner) override;
  Result<std::optional<FileInfo>> info(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& path) override;
  Result<void> remove(const std::string& path) override;
  Result<void> remove_tree(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
};

}  // namespace keelson
