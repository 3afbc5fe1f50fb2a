#include "security/key_source.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace keelson {
namespace {

constexpr std::size_t kKeyBytes = 32;

struct Descriptor {
  int fd = -1;
  ~Descriptor() { if (fd >= 0) ::close(fd); }
};

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// Whoever can write the directory can put another file in the key's place.
Result<void> check_directory(const std::string& directory) {
  struct stat info {};
  if (::lstat(directory.c_str(), &info) != 0) return fail("cannot look at the directory of the key", directory, std::strerror(errno));
  if (!S_ISDIR(info.st_mode)) return fail("the place of the key is not a directory", directory);
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return fail("another user owns the directory of the key", directory, "it belongs to uid " + std::to_string(info.st_uid),
                "choose a directory of your own");
  if ((info.st_mode & 022) != 0)
    return fail("other users can write the directory of the key", directory, {}, "chmod go-w " + directory);
  return {};
}

/// The bytes of a private file of exactly kKeyBytes; nothing when there is none. Never follows a symlink.
Result<std::optional<Secret>> read_private(const std::string& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    if (errno == ENOENT) return std::optional<Secret>();
    if (errno == ELOOP) return fail("the key file is a symlink", path, "a symlink could lead anywhere", "put the file itself there");
    return fail("cannot open the key file", path, std::strerror(errno));
  }
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) return fail("cannot look at the key file", path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return fail("the key file is not a regular file", path);
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return fail("another user owns the key file", path, "it belongs to uid " + std::to_string(info.st_uid),
                "find out who put it there; do not use it");
  if ((info.st_mode & 077) != 0)
    return fail("other users can read or write the key file", path, {}, "chmod 0600 " + path + ", and rotate the secrets");
  KEELSON_CHECK(check_directory(directory_of(path)));
  std::string bytes(kKeyBytes + 1, '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = ::read(file.fd, bytes.data() + got, bytes.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("cannot read the key file", path, std::strerror(errno));
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  if (got != kKeyBytes) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return fail("the key file is damaged", path, "it must hold exactly 32 bytes", "restore it from where you keep its copy");
  }
  bytes.resize(kKeyBytes);
  return std::optional<Secret>(Secret(std::move(bytes)));
}

/// Creates `path` with all of `bytes`, or nothing; an existing file is never touched (then the answer is false).
Result<bool> create_private(const std::string& path, std::string_view bytes) {
  const std::string directory = directory_of(path);
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fail("cannot make the directory of the key", directory, std::strerror(errno));
  KEELSON_CHECK(check_directory(directory));
  const std::string beside = path + ".new." + std::to_string(::getpid());
  ::unlink(beside.c_str());  // left by a killed process of the same pid; the directory is ours alone
  Descriptor file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (file.fd < 0) return fail("cannot create the key file", path, std::strerror(errno));
  const bool written = ::write(file.fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(file.fd) == 0;
  const int write_error = errno;
  const bool linked = written && ::link(beside.c_str(), path.c_str()) == 0;
  const int link_error = errno;
  ::unlink(beside.c_str());
  if (!written) return fail("cannot write the key file", path, std::strerror(write_error));
  if (!linked && link_error == EEXIST) return false;
  if (!linked) return fail("cannot create the key file", path, std::strerror(link_error));
  Descriptor folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.fd < 0 || ::fsync(folder.fd) != 0) return fail("cannot make the key file durable", path, std::strerror(errno));
  return true;
}

Result<Secret> read_or_create(const std::string& path, Random& random) {
  KEELSON_TRY(std::optional<Secret> found, read_private(path));
  if (found) return std::move(*found);
  KEELSON_CHECK(create_private(path, Secret(random.bytes(kKeyBytes)).reveal()));
  // Read back: if another process was first, its key is the one.
  KEELSON_TRY(found, read_private(path));
  if (!found) return fail("the key file vanished while it was made", path);
  return std::move(*found);
}

Result<Secret> read_or_fail(const std::string& path) {
  KEELSON_TRY(std::optional<Secret> found, read_private(path));
  if (found) return std::move(*found);
  return fail("the key file is missing", path, "without it nobody can open the secret store, keelson neither",
              "restore it from where you keep its copy; without one, destroy the foundation and restore its data from a backup");
}

}  // namespace

Result<Secret> KeyFile::existing() { return read_or_fail(path_); }
Result<Secret> KeyFile::existing_or_new() { return read_or_create(path_, random_); }

}  // namespace keelson
