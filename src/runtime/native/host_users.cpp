#include "runtime/native/host_users.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace keelson::native {
namespace {

constexpr auto kLockPause = std::chrono::milliseconds(100);
constexpr int kLockTurns = 150;  // 15 s, as long as the tools themselves wait where they do

/// getpwnam_r / getpwuid_r with room to grow; `call` fills the struct.
template <typename Call>
bool look_up(struct passwd& entry, std::vector<char>& buffer, Call call) {
  struct passwd* found = nullptr;
  buffer.resize(4096);
  while (call(&entry, buffer.data(), buffer.size(), &found) == ERANGE && buffer.size() < (1u << 20)) buffer.resize(buffer.size() * 2);
  return found != nullptr;
}

/// Somebody else is changing /etc/passwd or /etc/group right now (useradd(8): 1 and 10): another keelson, or the useradd of
/// one that was killed. There is nothing to wait on but the time it takes.
bool is_locked(const CommandOutput& output) { return (output.status == 1 || output.status == 10) && output.err.find("lock") != std::string::npos; }

Result<void> must_work(Commands& commands, const std::vector<std::string>& argv, const std::string& what) {
  KEELSON_TRY(CommandOutput output, commands.run(argv));
  for (int turn = 0; turn < kLockTurns && is_locked(output); ++turn) {
    std::this_thread::sleep_for(kLockPause);
    KEELSON_TRY(output, commands.run(argv));
  }
  if (output.status == 0) return {};
  return fail(what, argv[0], output.err.substr(0, output.err.find('\n')), "run it by hand to see more: " + argv[0]);
}

}  // namespace

Result<Owner> HostUsers::find(const std::string& user) {
  struct passwd entry {};
  std::vector<char> buffer;
  const bool found = look_up(entry, buffer, [&](auto... arguments) { return getpwnam_r(user.c_str(), arguments...); });
  if (!found) return fail("there is no system user " + user, user, {}, "run keelson up, which makes it");
  return Owner{static_cast<int>(entry.pw_uid), static_cast<int>(entry.pw_gid)};
}

Result<Owner> HostUsers::ensure(const std::string& user, int uid) {
  const std::lock_guard guard(mutex_);
  if (auto existing = find(user)) {
    if (existing->uid == uid) return existing;
    return fail("system user " + user + " exists with uid " + std::to_string(existing->uid), user,
                "keelson would have made it with uid " + std::to_string(uid), "remove or rename that user");
  }
  const std::string id = std::to_string(uid);
  if (getgrnam(user.c_str()) == nullptr) KEELSON_CHECK(must_work(commands_, {"groupadd", "-g", id, user}, "cannot make a system group"));
  KEELSON_CHECK(must_work(commands_, {"useradd", "--no-log-init", "-M", "-N", "-u", id, "-g", id, "-d", "/nonexistent", "-s", "/usr/sbin/nologin", "-c", "keelson", user},
                          "cannot make a system user"));
  return find(user);
}

Result<void> HostUsers::remove(const std::string& user) {
  const std::lock_guard guard(mutex_);
  if (find(user)) KEELSON_CHECK(must_work(commands_, {"userdel", user}, "cannot remove a system user"));
  if (getgrnam(user.c_str()) != nullptr) KEELSON_CHECK(must_work(commands_, {"groupdel", user}, "cannot remove a system group"));
  return {};
}

std::string current_user() {
  struct passwd entry {};
  std::vector<char> buffer;
  const bool found = look_up(entry, buffer, [](auto... arguments) { return getpwuid_r(geteuid(), arguments...); });
  return found ? entry.pw_name : "uid " + std::to_string(geteuid());
}

std::string invoking_user() {
  const char* sudo = std::getenv("SUDO_USER");
  return geteuid() == 0 && sudo != nullptr && *sudo != '\0' ? sudo : current_user();
}

}  // namespace keelson::native
