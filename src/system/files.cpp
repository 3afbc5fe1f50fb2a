#include "system/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

#include "system/fd.h"

namespace keelson {
namespace {

unexpected<Error> errno_error(std::string what, const std::string& path, int error) {
  std::string next;
  if (error == ENOSPC || error == EDQUOT) next = "free disk space there and try again";
  if (error == EACCES || error == EPERM) next = "check who owns it, or run as that user";
  return fail(std::move(what), path, error == ELOOP ? "it is a symbolic link" : std::strerror(error), std::move(next));
}

/// A path split for the …at() calls: an open parent directory, and the last name in it.
struct Place {
  OwnedFd parent;
  std::string name;
};

Result<Place> locate(const std::string& path) {
  if (path.empty() || path[0] != '/') return fail("not an absolute path", path);
  std::string_view p = path;
  while (p.size() > 1 && p.back() == '/') p.remove_suffix(1);
  if (p == "/") return Place{OwnedFd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)), "."};
  const auto slash = p.rfind('/');
  const std::string parent(slash == 0 ? "/" : p.substr(0, slash));
  std::string name(p.substr(slash + 1));
  if (name == "." || name == "..") return fail("not a plain path", path);
  OwnedFd fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && errno == EACCES) fd = OwnedFd(::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return errno_error("cannot open the directory", parent, errno);
  return Place{std::move(fd), std::move(name)};
}

FileInfo info_of(const struct stat& s) {
  FileInfo info;
  info.kind = S_ISREG(s.st_mode)   ? FileKind::regular
              : S_ISDIR(s.st_mode) ? FileKind::directory
              : S_ISLNK(s.st_mode) ? FileKind::symlink
                                   : FileKind::other;
  info.mode = s.st_mode & 07777;
  info.owner = {static_cast<int>(s.st_uid), static_cast<int>(s.st_gid)};
  info.size = s.st_size;
  info.modified_ms = static_cast<std::int64_t>(s.st_mtim.tv_sec) * 1000 + s.st_mtim.tv_nsec / 1'000'000;
  return info;
}

Result<std::optional<FileInfo>> stat_at(const Place& place, const std::string& path) {
  struct stat s {};
  if (::fstatat(place.parent.get(), place.name.c_str(), &s, AT_SYMLINK_NOFOLLOW) == 0) return info_of(s);
  if (errno == ENOENT) return std::nullopt;
  return errno_error("cannot look at it", path, errno);
}

Result<OwnedFd> open_to_read(const std::string& path) {
  KEELSON_TRY(const Place place, locate(path));
  // O_NONBLOCK: opening a FIFO somebody put there must not hang.
  OwnedFd fd(::openat(place.parent.get(), place.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return errno_error("cannot read the file", path, errno);
  struct stat s {};
  if (::fstat(fd.get(), &s) != 0) return errno_error("cannot read the file", path, errno);
  if (!S_ISREG(s.st_mode)) return fail("cannot read the file", path, "it is not a regular file");
  return fd;
}

Result<void> write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot write the file", path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

/// Owner first: chown clears set-id bits, and a mode for others must not open a file that is still ours.
Result<void> dress(int fd, unsigned mode, Owner owner, const std::string& path) {
  if ((owner.uid != -1 || owner.gid != -1) &&
      ::fchown(fd, static_cast<uid_t>(owner.uid), static_cast<gid_t>(owner.gid)) != 0) {
    return errno_error("cannot set the owner", path, errno);
  }
  if (::fchmod(fd, mode) != 0) return errno_error("cannot set the mode", path, errno);
  return {};
}

Result<void> fill(int fd, std::string_view content, unsigned mode, Owner owner, const std::string& path) {
  KEELSON_CHECK(dress(fd, mode, owner, path));
  KEELSON_CHECK(write_all(fd, content, path));
  if (::fsync(fd) != 0) return errno_error("cannot write the file to the disk", path, errno);
  return {};
}

std::string temporary_name(const std::string& name) {
  static std::atomic<unsigned> counter{0};
  return fmt::format(".{}.{}-{}.tmp", name.substr(0, 200), ::getpid(), counter.fetch_add(1));
}

Result<void> remove_at(int parent, const std::string& name, const std::string& path) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return errno_error("cannot remove it", path, errno);
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return errno_error("cannot remove it", path, errno);
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

Result<std::vector<std::string>> names_in(OwnedFd fd, const std::string& path) {
  const std::unique_ptr<DIR, CloseDir> dir(::fdopendir(fd.get()));
  if (!dir) return errno_error("cannot list the directory", path, errno);
  fd.release();  // the DIR closes it now
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return errno_error("cannot list the directory", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> remove_tree_at(int parent, const std::string& name, const std::string& path) {
  const OwnedFd directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) {
    if (errno == ENOENT) return {};
    if (errno == ENOTDIR || errno == ELOOP) return remove_at(parent, name, path);
    return errno_error("cannot open the directory", path, errno);
  }
  KEELSON_TRY(const auto names, names_in(OwnedFd(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0)), path));
  for (const std::string& child : names) KEELSON_CHECK(remove_tree_at(directory.get(), child, path + "/" + child));
  return remove_at(parent, name, path);
}

}  // namespace

Result<std::string> RealFiles::read(const std::string& path, std::int64_t limit) {
  KEELSON_TRY(const OwnedFd fd, open_to_read(path));
  std::string content;
  char buffer[65536];
  for (;;) {  // until the end, not st_size: files of /proc say 0
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read the file", path, errno);
    if (n == 0) return content;
    content.append(buffer, static_cast<std::size_t>(n));
    if (static_cast<std::int64_t>(content.size()) > limit) {
      return fail("cannot read the file", path, fmt::format("it is larger than {} bytes", limit));
    }
  }
}

Result<std::string> RealFiles::read_start(const std::string& path, std::size_t bytes) {
  KEELSON_TRY(const OwnedFd fd, open_to_read(path));
  std::string content(bytes, '\0');
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t n = ::read(fd.get(), content.data() + have, bytes - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("cannot read the file", path, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  content.resize(have);
  return content;
}

Result<void> RealFiles::write(const std::string& path, std::string_view content, unsigned mode, Owner owner) {
  KEELSON_TRY(const Place place, locate(path));
  KEELSON_TRY(const auto before, stat_at(place, path));
  if (before && before->kind != FileKind::regular) return fail("cannot write the file", path, "it is not a regular file");
  const std::string temporary = temporary_name(place.name);
  const int parent = place.parent.get();
  ::unlinkat(parent, temporary.c_str(), 0);  // left by a dead process that had our pid
  const OwnedFd fd(::openat(parent, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return errno_error("cannot write the file", path, errno);
  if (auto filled = fill(fd.get(), content, mode, owner, path); !filled) {
    ::unlinkat(parent, temporary.c_str(), 0);
    return filled;
  }
  if (::renameat(parent, temporary.c_str(), parent, place.name.c_str()) != 0) {
    const int error = errno;
    ::unlinkat(parent, temporary.c_str(), 0);
    return errno_error("cannot put the file in place", path, error);
  }
  ::fsync(parent);  // EBADF where the directory is only searchable: the rename is still atomic
  return {};
}

Result<void> RealFiles::make_directory(const std::string& path, unsigned mode, Owner owner) {
  if (path.empty() || path[0] != '/') return fail("not an absolute path", path);
  for (auto slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (slash + 1 == path.size()) break;  // a trailing slash
    if (::mkdir(parent.c_str(), 0755) == 0) {
      if (::chmod(parent.c_str(), 0755) != 0) return errno_error("cannot set the mode", parent, errno);  // whatever the umask
    } else if (errno != EEXIST) {
      return errno_error("cannot make the directory", parent, errno);
    }
  }
  KEELSON_TRY(const Place place, locate(path));
  if (place.name != "." && ::mkdirat(place.parent.get(), place.name.c_str(), 0700) != 0 && errno != EEXIST) {
    return errno_error("cannot make the directory", path, errno);
  }
  const OwnedFd fd(::openat(place.parent.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return errno_error("cannot use the directory", path, errno);
  struct stat s {};
  if (::fstat(fd.get(), &s) != 0) return errno_error("cannot use the directory", path, errno);
  const int found = static_cast<int>(s.st_uid);
  if (found != static_cast<int>(::geteuid()) && found != owner.uid) {
    return fail("refuses to use the directory", path, fmt::format("it belongs to user id {}", found),
                "move it away, or choose another place; keelson never takes over what somebody else owns");
  }
  return dress(fd.get(), mode, owner, path);
}

Result<std::optional<FileInfo>> RealFiles::info(const std::string& path) {
  struct stat s {};
  if (::lstat(path.c_str(), &s) == 0) return info_of(s);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  return errno_error("cannot look at it", path, errno);
}

Result<std::vector<std::string>> RealFiles::list(const std::string& path) {
  KEELSON_TRY(const Place place, locate(path));
  OwnedFd fd(::openat(place.parent.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return errno_error("cannot list the directory", path, errno);
  return names_in(std::move(fd), path);
}

Result<void> RealFiles::remove(const std::string& path) {
  KEELSON_TRY(const auto found, info(path));
  if (!found) return {};
  KEELSON_TRY(const Place place, locate(path));
  return remove_at(place.parent.get(), place.name, path);
}

Result<void> RealFiles::remove_tree(const std::string& path) {
  KEELSON_TRY(const auto found, info(path));
  if (!found) return {};
  KEELSON_TRY(const Place place, locate(path));
  if (place.name == ".") return fail("refuses to remove the root directory", path);
  return remove_tree_at(place.parent.get(), place.name, path);
}

Result<void> RealFiles::rename(const std::string& from, const std::string& to) {
  KEELSON_TRY(const Place source, locate(from));
  KEELSON_TRY(const Place target, locate(to));
  if (::renameat(source.parent.get(), source.name.c_str(), target.parent.get(), target.name.c_str()) != 0) {
    return errno_error(fmt::format("cannot rename it to {}", to), from, errno);
  }
  ::fsync(target.parent.get());
  return {};
}

}  // namespace keelson
