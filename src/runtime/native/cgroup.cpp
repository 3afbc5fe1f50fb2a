#include "runtime/native/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

namespace keelson::native {
namespace {

std::string read_all(const std::string& path) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  if (!fd) return text;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

bool write_word(const std::string& path, std::string_view word) {
  const OwnedFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), word.data(), word.size()) == static_cast<ssize_t>(word.size());
}

bool make_group(const std::string& path) { return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST; }
bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

template <typename Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    visit(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
}

std::vector<int> pids_in(const std::string& group) {
  std::vector<int> pids;
  each_line(read_all(group + "/cgroup.procs"), [&](std::string_view line) {
    int pid = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), pid).ec == std::errc{} && pid > 0) pids.push_back(pid);
  });
  return pids;
}

/// Fields of /proc/self/mounts: device, mount point, type, options.
struct Mounts {
  std::string cgroup2;
  std::string memory;
};

Mounts read_mounts() {
  Mounts found;
  each_line(read_all("/proc/self/mounts"), [&](std::string_view line) {
    std::array<std::string_view, 4> field;
    for (auto& f : field) {
      const auto space = line.find(' ');
      f = line.substr(0, space);
      line = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
    }
    const std::string options = fmt::format(",{},", field[3]);
    if (field[2] == "cgroup2" && found.cgroup2.empty()) found.cgroup2 = field[1];
    if (field[2] == "cgroup" && options.find(",memory,") != std::string::npos) found.memory = field[1];
  });
  return found;
}

/// Our own group in the unified hierarchy: the line "0::/path" of /proc/self/cgroup.
std::string own_group() {
  std::string own;
  each_line(read_all("/proc/self/cgroup"), [&](std::string_view line) {
    if (line.starts_with("0::/")) own = line.substr(3);
  });
  return own == "/" ? "" : own;
}

/// Makes <base>/keelson/<id> and tries whether cgroup.kill exists there.
bool make_root(const std::string& base, const std::string& id, CgroupRoots& roots) {
  const std::string parent = base + "/keelson";
  const std::string path = parent + "/" + id;
  if (!make_group(parent) || !make_group(path)) {
    roots.why_not = fmt::format("no cgroup: {}: {}", path, std::strerror(errno));
    return false;
  }
  if (::access((path + "/cgroup.kill").c_str(), W_OK) != 0 || ::access((path + "/cgroup.procs").c_str(), W_OK) != 0) {
    roots.why_not = fmt::format("no cgroup: {} cannot be written, or has no cgroup.kill (Linux 5.14 or newer)", path);
    ::rmdir(path.c_str());
    ::rmdir(parent.c_str());
    return false;
  }
  roots.processes = path;
  // Controllers must be handed down level by level; refused where the machine keeps them for itself.
  for (const auto& level : {base, parent, path}) write_word(level + "/cgroup.subtree_control", "+memory");
  roots.memory_in_v2 = read_all(path + "/cgroup.subtree_control").find("memory") != std::string::npos;
  return true;
}

}  // namespace

CgroupRoots find_cgroup_roots(const std::string& foundation_id) {
  CgroupRoots roots;
  const Mounts mounts = read_mounts();
  if (mounts.cgroup2.empty()) {
    roots.why_not = "no cgroup: no cgroup2 file system is mounted";
    return roots;
  }
  const std::string own = own_group();
  if (!make_root(mounts.cgroup2, foundation_id, roots) && (own.empty() || !make_root(mounts.cgroup2 + own, foundation_id, roots)))
    return roots;
  roots.why_not.clear();
  if (!roots.memory_in_v2 && !mounts.memory.empty()) {
    const std::string path = mounts.memory + "/keelson";
    if (make_group(path) && make_group(path + "/" + foundation_id)) roots.memory = path + "/" + foundation_id;
  }
  return roots;
}

void remove_cgroup_roots(const CgroupRoots& roots) {
  for (const std::string& path : {roots.processes, roots.memory}) {
    if (path.empty()) continue;
    ::rmdir(path.c_str());
    ::rmdir(path.substr(0, path.rfind('/')).c_str());  // stays when another foundation is in it
  }
}

Result<Cgroup> Cgroup::open(const CgroupRoots& roots, const std::string& instance, std::int64_t memory_limit) {
  Cgroup group;
  if (roots.processes.empty()) return group;
  group.path_ = roots.processes + "/" + instance;
  group.fresh_ = ::mkdir(group.path_.c_str(), 0755) == 0;
  if (!group.fresh_ && errno != EEXIST) return fail("cannot make the cgroup", group.path_, std::strerror(errno));
  const std::string bytes = std::to_string(memory_limit);
  if (roots.memory_in_v2) write_word(group.path_ + "/memory.max", memory_limit > 0 ? bytes : "max");
  else if (!roots.memory.empty()) group.limit_memory_v1(roots.memory + "/" + instance, memory_limit > 0 ? bytes : "-1");
  return group;
}

Result<Cgroup> Cgroup::renew(const CgroupRoots& roots, const std::string& instance, std::int64_t memory_limit) {
  if (!roots.processes.empty()) ::rmdir((roots.processes + "/" + instance).c_str());  // refused while anything is in it
  return open(roots, instance, memory_limit);
}

/// Nobody is in the second hierarchy who has no limit there: it makes each start slower.
void Cgroup::limit_memory_v1(const std::string& path, const std::string& bytes) {
  if (bytes == "-1" && !exists(path)) return;
  if (!make_group(path)) return;
  memory_ = path;
  write_word(memory_ + "/memory.limit_in_bytes", bytes);
  const std::vector<int> limited = pids_in(memory_);
  for (const int pid : pids())  // who runs already; at a start nobody
    if (std::find(limited.begin(), limited.end(), pid) == limited.end()) write_word(memory_ + "/cgroup.procs", std::to_string(pid));
}

Result<void> Cgroup::kill() const {
  if (!write_word(path_ + "/cgroup.kill", "1") && exists(path_)) return fail("cannot kill the cgroup", path_, std::strerror(errno));
  return {};
}

bool Cgroup::populated() const {
  const std::string text = read_all(path_ + "/cgroup.events");
  if (text.empty()) return exists(path_);
  return text.find("populated 0") == std::string::npos;
}

Result<OwnedFd> Cgroup::events() const {
  OwnedFd fd(::open((path_ + "/cgroup.events").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail("cannot watch the cgroup", path_, std::strerror(errno));
  // The kernel reports changes since the last read of this very descriptor: read once so that later ones count.
  std::array<char, 64> ignored;
  if (::read(fd.get(), ignored.data(), ignored.size()) < 0) return fail("cannot read cgroup.events", path_, std::strerror(errno));
  return fd;
}

std::vector<int> Cgroup::pids() const { return pids_in(path_); }

std::uint64_t Cgroup::inode() const {
  struct stat info {};
  return !path_.empty() && ::stat(path_.c_str(), &info) == 0 ? info.st_ino : 0;
}

bool Cgroup::remove() const {
  bool gone = true;
  for (const std::string& path : {path_, memory_})
    if (!path.empty() && ::rmdir(path.c_str()) != 0 && errno != ENOENT) gone = false;
  return gone;
}

}  // namespace keelson::native
