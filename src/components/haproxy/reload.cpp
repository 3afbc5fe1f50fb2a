#include <poll.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "components/haproxy/room.h"
#include "protocol/haproxy.h"
#include "system/files.h"
#include "system/monotonic.h"

namespace keelson::haproxy {
namespace {

constexpr int kReloadMs = 5'000;
constexpr int kLookAgainMs = 20;
constexpr int kServersMs = 60'000;  // a restarted Patroni cluster elects first

/// The process id of the worker that serves now.
Result<std::string> worker(const Place& place) {
  KEELSON_TRY(const std::string info, ask_haproxy(place.run + "/" + std::string(kHaproxySocket), "show info\n"));
  const std::size_t at = info.find("\nPid: ");
  if (at == std::string::npos) return fail("HAProxy does not say which process it is", place.run);
  return info.substr(at + 6, info.find('\n', at + 6) - at - 6);
}

/// Leaves what the checks know for the next worker.
Result<void> keep_server_state(const Place& place) {
  KEELSON_TRY(const std::string state, ask_haproxy(place.run + "/" + std::string(kHaproxySocket), "show servers state\n"));
  RealFiles files;
  return files.write(place.run + "/" + std::string(kStateFile), state, 0644, {});  // the directory is 0700; the reader is its owner
}

/// The master's pid, and only if that process really is this instance's HAProxy: pids are used again.
Result<pid_t> master(const Place& place) {
  RealFiles files;
  const std::string path = place.run + "/" + std::string(kPidFile);
  KEELSON_TRY(const std::string content, files.read(path, 64));
  pid_t pid = 0;
  std::from_chars(content.data(), content.data() + content.size(), pid);
  if (pid <= 1) return fail("not a process id", path);
  const auto command = files.read("/proc/" + std::to_string(pid) + "/cmdline", 1 << 20);
  if (!command || command->find(place.config + "/haproxy.cfg") == std::string::npos)
    return fail("HAProxy is not running", path, "process " + std::to_string(pid) + " is not it", "keelson up");
  return pid;
}

/// The first of an instance's backends that has no server up, or "".
Result<std::string> backend_without_server(World& world, const Instance& instance) {
  KEELSON_TRY(const std::string table, world.ask_socket(instance.name, instance.place.run + "/" + std::string(kHaproxySocket), "show stat -1 2 -1\n"));
  // CSV, a line a backend: name, "BACKEND", …, status as the 18th field (HAProxy 2.6 management guide, 9.1).
  for (std::size_t at = 0; at < table.size();) {
    const std::size_t end = std::min(table.find('\n', at), table.size());
    const std::string line = table.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line.front() == '#') continue;
    std::size_t field = 0;
    for (int i = 0; i < 17 && field != std::string::npos; ++i) field = line.find(',', field == 0 ? 0 : field + 1);
    if (field == std::string::npos || line.compare(field + 1, 2, "UP") != 0) return line.substr(0, line.find(','));
  }
  return std::string();
}

}  // namespace

/// HAProxy listens at once, but closes what connects until a check found a server that fits. `up` ends after that; where HAProxy cannot be asked, before.
Result<void> wait_for_servers(World& world, const Foundation&, const Component& component) {
  for (const Member& member : component.members) {
    const std::int64_t until = monotonic_ms() + kServersMs;
    std::string waiting;
    do {
      auto asked = backend_without_server(world, member.instances.at(0));
      if (!asked && asked.error().code == ErrorCode::not_supported) return {};
      KEELSON_TRY(waiting, std::move(asked));
      if (!waiting.empty()) ::poll(nullptr, 0, kLookAgainMs);
    } while (!waiting.empty() && monotonic_ms() < until);
    if (!waiting.empty())
      return fail_as(ErrorCode::not_healthy, "no server fits the endpoint " + waiting, member.name, "its checks found none within " + std::to_string(kServersMs / 1000) + " s",
                     "see keelson status, then keelson logs " + member.name);
  }
  return {};
}

Result<void> reload(World&, const Foundation& foundation, const Component&, const Member&, const std::string& instance) {
  const Instance* running = find_instance(foundation, instance);
  if (running == nullptr) return fail("no such instance", instance);
  KEELSON_TRY(const pid_t pid, master(running->place));
  KEELSON_TRY(const std::string before, worker(running->place));
  KEELSON_CHECK(keep_server_state(running->place));
  if (::kill(pid, SIGUSR2) != 0) return fail("cannot tell HAProxy to reload", instance, std::strerror(errno));
  // The new worker takes the admin socket over once it has read and accepted the new file; if it has not, the old one stays.
  for (int waited = 0; waited < kReloadMs; waited += kLookAgainMs) {
    ::poll(nullptr, 0, kLookAgainMs);
    const auto now = worker(running->place);
    if (now && *now != before) return {};
  }
  return fail("HAProxy kept its old configuration", instance, "no new worker came up within 5 s", "keelson logs " + instance + " says what it refused");
}

}  // namespace keelson::haproxy
