#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "operate/faults.h"
#include "operate/load.h"
#include "operate/staging.h"
#include "runtime/native/agent_client.h"
#include "system/fd.h"
#include "system/files.h"

/// The volume is memory (tmpfs), mounted over a replica's data directory while that is stopped: what lies beneath is not touched, and is
/// there again afterwards. The replica copies the primary onto it and is led to the leadership; then the volume is filled.
namespace keelson::operate {
namespace {

constexpr std::uintmax_t kMostMiB = 1024;  ///< of database that is copied into memory
constexpr int kCopyMs = 120'000, kUnmountMs = 5'000;
constexpr int kBreathMs = 2'000;           ///< between more space and the planned stop: the leader takes writes again
constexpr const char* kVolume = "keelson-drill";

std::uintmax_t mib_below(const std::string& directory) {
  namespace fs = std::filesystem;
  std::uintmax_t bytes = 0;
  std::error_code ignored;
  for (fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, ignored), end; at != end; at.increment(ignored))
    if (at->is_regular_file(ignored)) bytes += at->file_size(ignored);
  return bytes >> 20;
}

Result<bool> is_mounted(const std::string& directory) {
  RealFiles files;
  KEELSON_TRY(const std::string mounts, files.read("/proc/self/mounts", 1 << 20));
  return mounts.find(std::string(kVolume) + " " + directory + " tmpfs ") != std::string::npos;
}

Result<void> mount_volume(const std::string& directory, std::uintmax_t mib) {
  struct stat now {};
  if (::stat(directory.c_str(), &now) != 0) return fail("cannot look at the data directory", directory, std::strerror(errno));
  const std::string options = fmt::format("size={}m,mode=0700,uid={},gid={}", mib, now.st_uid, now.st_gid);
  if (::mount(kVolume, directory.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) return fail("cannot mount the drill's volume", directory, std::strerror(errno));
  return {};
}

Result<void> unmount_volume(const std::string& directory) {
  KEELSON_TRY(const bool mounted, is_mounted(directory));
  if (!mounted || clients::eventually(kUnmountMs, [&] { return ::umount(directory.c_str()) == 0; })) return {};
  return fail("cannot unmount the drill's volume", directory, std::strerror(errno), "umount it, then keelson up");
}

/// Writes until the kernel has no space left, down to the last block. The file is its directory's owner's: keelson refuses what it finds of
/// others there, and this may be found.
Result<void> fill(const std::string& path) {
  const OwnedFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail("cannot create the filler", path, std::strerror(errno));
  struct stat directory {};
  if (::stat(path.substr(0, path.rfind('/')).c_str(), &directory) != 0 || ::fchown(file.get(), directory.st_uid, directory.st_gid) != 0)
    return fail("cannot give the filler its owner", path, std::strerror(errno));
  const std::string zeros(1 << 20, '\0');
  for (std::size_t block = zeros.size(); block >= 4096;) {
    const auto written = ::write(file.get(), zeros.data(), block);
    if (written < 0 && errno == ENOSPC) block /= 16;
    else if (written < 0 && errno != EINTR) return fail("cannot fill the volume", path, std::strerror(errno));
  }
  return {};
}

std::string instance_of(const Member& member) { return member.instances.front().name; }

Result<Json> choose_volume(Scene& scene) {
  if (geteuid() != 0) return fail_as(ErrorCode::not_supported, "only root may mount the drill's volume", scene.component.name);
  if (text(scene.component.settings, "durability") != "synchronous")
    return fail_as(ErrorCode::preflight_refused, "only a synchronous component is led from memory", scene.component.name, "what an asynchronous leader alone has acknowledged, a power cut would take");
  const std::uintmax_t mib = mib_below(scene.leader.instances.front().place.data);
  if (mib > kMostMiB)
    return fail_as(ErrorCode::preflight_refused, "the database is too large for this drill", scene.component.name, fmt::format("it copies {} MiB into memory, at most {}", mib, kMostMiB),
                   "drill a smaller foundation of the same blueprint");
  KEELSON_TRY(const Member* member, some_replica(scene));
  return Json::object()
      .set("member", member->name)
      .set("instance", instance_of(*member))
      .set("data", member->instances.front().place.data)
      .set("mib", static_cast<std::int64_t>(mib + mib / 2 + 128));
}

Result<Struck> fill_the_leaders_volume(Scene& scene, const Json& chosen) {
  const std::string &name = chosen["member"].as_string(), &data = chosen["data"].as_string();
  const Member* const member = member_named(scene.component, name);
  if (member == nullptr) return fail("the member is gone", name);
  KEELSON_CHECK(stop_member(scene.standing, instance_of(*member)));
  KEELSON_CHECK(mount_volume(data, static_cast<std::uintmax_t>(chosen["mib"].as_int())));
  KEELSON_CHECK(start_member(scene.standing, instance_of(*member), kCopyMs));
  KEELSON_CHECK(make_it_lead(scene, *member));

  Struck out{.at_us = now_us()};
  KEELSON_CHECK(fill(data + "/filler"));
  struct statvfs left {};
  if (::statvfs(data.c_str(), &left) != 0 || left.f_bavail != 0) return fail("the volume is not full", data, fmt::format("{} blocks are free", left.f_bavail));
  out.proved_us = now_us();
  out.evidence = fmt::format("no block of {} MiB is free below {}, the leader", chosen["mib"].as_int(), name);
  return out;
}

/// More space, a moment with it, and then the member's own volume again: it follows from what that holds.
Result<void> give_back(Standing& standing, const Json& chosen) {
  const std::string &instance = chosen["instance"].as_string(), &data = chosen["data"].as_string();
  KEELSON_TRY(const bool mounted, is_mounted(data));
  if (mounted) {
    RealFiles files;
    KEELSON_CHECK(files.remove(data + "/filler"));
    ::poll(nullptr, 0, kBreathMs);
  }
  native::AgentClient agent(standing.state_dir + "/agent/agent.sock");
  if (!agent.hello()) return unmount_volume(data);  // nobody runs on it
  if (mounted) KEELSON_CHECK(stop_member(standing, instance));
  KEELSON_CHECK(unmount_volume(data));
  for (const Component& component : standing.foundation.components)
    if (member_named(component, chosen["member"].as_string()) != nullptr) KEELSON_CHECK(start_all(standing, component));
  return {};
}

}  // namespace

const Fault kDiskFull{
    .name = "disk-full",
    .what = "makes a member lead whose data lies on a small volume of its own, and fills that for 10 s",
    .proof = "the kernel has no block left there",
    .recovery = "one member leads, the others follow and have caught up",
    .hold_ms = 10'000,
    .choose = choose_volume,
    .strike = fill_the_leaders_volume,
    .lift = give_back,
};

}  // namespace keelson::operate
