#include "cli/preflight.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/native/firewall.h"

namespace keelson::cli {
namespace {

constexpr std::array<std::string_view, 3> kVerdicts{"ok", "warn", "fail"};
static_assert(kVerdicts.size() == static_cast<std::size_t>(Verdict::fail) + 1, "one word per Verdict, in the order of the enum");

constexpr int kCapSysResource = 24;  // linux/capability.h

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Finding user() {
  if (::geteuid() == 0) return {"user", Verdict::ok, "root: every component gets a user of its own"};
  return {"user", Verdict::warn, "not root: one user for all components, no firewall, no names in /etc/hosts", "run as root for full isolation"};
}

Finding kernel() {
  utsname system{};
  ::uname(&system);
  int major = 0;
  int minor = 0;
  std::sscanf(system.release, "%d.%d", &major, &minor);
  const std::string evidence = std::string("Linux ") + system.release;
  if (major > 5 || (major == 5 && minor >= 14)) return {"kernel", Verdict::ok, evidence};
  return {"kernel", Verdict::fail, evidence, "keelson needs Linux 5.14 or newer (pidfd, cgroup.kill)"};
}

/// Where cgroup2 is mounted (proc(5), mountinfo); "" when it is not.
std::string cgroup2_mount() {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream words(line);
    std::string id, parent, device, root, point;
    words >> id >> parent >> device >> root >> point;
    return point;
  }
  return {};
}

std::vector<Finding> cgroups() {
  const std::string mount = cgroup2_mount();
  if (mount.empty()) return {{"cgroup2", Verdict::warn, "not mounted", "limits and certain fencing are off; mount cgroup2 on /sys/fs/cgroup"}};
  std::vector<Finding> found{{"cgroup2", Verdict::ok, "mounted on " + mount}};
  if (::geteuid() != 0 && ::access(mount.c_str(), W_OK) != 0)
    found.back() = {"cgroup2", Verdict::warn, "mounted on " + mount + ", not writable for this user", "run as root, or under a delegated systemd scope"};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(mount, ignored))
    if (entry.is_directory(ignored)) {
      const bool there = exists(entry.path().string() + "/cgroup.kill");
      if (there) found.push_back({"cgroup.kill", Verdict::ok, "offered by the kernel"});
      else found.push_back({"cgroup.kill", Verdict::warn, "not offered by the kernel", "stopping falls back to killing process by process; use Linux 5.14 or newer"});
      break;
    }
  return found;
}

Finding firewall() {
  if (::geteuid() != 0) return {"nftables", Verdict::warn, "not tried: needs root", "without root the network policy is not enforced"};
  const std::string fault = native::firewall_fault();
  if (fault.empty()) return {"nftables", Verdict::ok, "can be used: the network policy is put in force"};
  return {"nftables", Verdict::warn, "the kernel refuses: " + fault,
          "keelson up goes on without a network policy: components are then kept apart by TLS, passwords and certificates only. It needs CAP_NET_ADMIN and nf_tables (modprobe nf_tables)"};
}

Finding loopback() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(0x7F4D0001);  // 127.77.0.1
  const bool bound = socket >= 0 && ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int problem = errno;
  if (socket >= 0) ::close(socket);
  if (bound) return {"loopback", Verdict::ok, "127.77.0.0/16 can be bound"};
  return {"loopback", Verdict::fail, std::string("127.77.0.1 cannot be bound: ") + std::strerror(problem), "bring the loopback interface up: ip link set lo up"};
}

Finding program(const std::string& name, const std::vector<std::string>& places, const std::string& what_for) {
  for (const std::string& place : places)
    if (::access(place.c_str(), X_OK) == 0) return {name, Verdict::ok, place};
  return {name, Verdict::warn, "not found at " + places.front(), what_for};
}

/// Lowering an OOM score (so that the kernel spares a database) needs CAP_SYS_RESOURCE.
Finding oom_score() {
  std::ifstream status("/proc/self/status");
  std::uint64_t effective = 0;
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("CapEff:")) effective = std::strtoull(line.c_str() + 7, nullptr, 16);
  if ((effective >> kCapSysResource & 1) != 0) return {"oom score", Verdict::ok, "can be lowered"};
  return {"oom score", Verdict::warn, "cannot be lowered (no CAP_SYS_RESOURCE)", "the kernel may choose a database first when memory runs out"};
}

}  // namespace

std::string_view name(Verdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

std::vector<Finding> inspect_machine() {
  std::vector<Finding> found{user(), kernel()};
  for (Finding& finding : cgroups()) found.push_back(std::move(finding));
  found.push_back(firewall());
  found.push_back(loopback());
  found.push_back(oom_score());
  found.push_back(program("apt-get", {"/usr/bin/apt-get"}, "engines are fetched with it; on other systems bring them by `keelson artifacts import`, once there is one"));
  found.push_back(program("dpkg-deb", {"/usr/bin/dpkg-deb"}, "engines are unpacked with it: apt-get install dpkg"));
  found.push_back(program("python3", {"/usr/bin/python3"}, "Patroni, and so PostgreSQL, needs it: apt-get install python3"));
  return found;
}

std::vector<Finding> judge_size(const Demand& demand, const Machine& machine) {
  const std::string storage = human_bytes(demand.storage) + " asked for, " + human_bytes(machine.free_disk) + " free";
  const std::string memory = human_bytes(demand.memory) + " asked for, " + human_bytes(machine.memory) + " in the machine";
  const bool disk_enough = too_small({demand.storage, 0}, machine).empty();
  const bool memory_enough = too_small({0, demand.memory}, machine).empty();
  const std::string next = "lower the sizes, or take a smaller profile: --profile laptop";
  return {{"disk", disk_enough ? Verdict::ok : Verdict::warn, storage, disk_enough ? "" : next},
          {"memory", memory_enough ? Verdict::ok : Verdict::warn, memory, memory_enough ? "" : next}};
}

std::vector<Finding> judge_addresses(const std::vector<WantedAddress>& wanted, const std::vector<Listener>& listening, const std::vector<int>& ours) {
  const auto mine = [&](const Listener& listener) {
    const int pid = holder_of(listener.inode).pid;
    return pid != 0 && std::find(ours.begin(), ours.end(), pid) != ours.end();
  };
  std::vector<Finding> found;
  for (const auto& [address, listener] : addresses_in_use(wanted, listening, mine)) {
    const Holder holder = holder_of(listener.inode);
    const std::string who = holder.pid == 0 ? "a process of another user" : holder.name + " (pid " + std::to_string(holder.pid) + ")";
    const std::string at = listener.address + ":" + std::to_string(listener.port);
    found.push_back({"address " + address.address + ":" + std::to_string(address.port), Verdict::fail, who + " listens on " + at + ", which " + address.whose + " needs",
                     "stop it, or make it listen on one address instead of all"});
  }
  for (const WantedAddress& one : foreign_addresses(wanted, can_listen_at))
    found.push_back({"address " + one.address + ":" + std::to_string(one.port), Verdict::fail, "no interface of this machine has it, and " + one.whose + " is to listen there",
                     "give an address of this machine (ip addr lists them), or 0.0.0.0"});
  if (found.empty()) found.push_back({"addresses", Verdict::ok, std::to_string(wanted.size()) + " addresses and ports, none taken by others"});
  return found;
}

}  // namespace keelson::cli
