#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// The kernel's own account of processes and sockets (proc(5)). Parsing is pure; reading is below it.
namespace keelson::checks {

struct Listener {
  std::string address;  ///< dotted; "::" and IPv6 addresses as the file has them
  int port = 0;
  std::uint64_t inode = 0;
  bool operator==(const Listener&) const = default;
};
/// The sockets in state LISTEN of the text of /proc/net/tcp (IPv4 addresses are hexadecimal in host byte order).
std::vector<Listener> parse_listeners(std::string_view table);

/// What /proc/<pid>/status says about rights.
struct ProcessRights {
  int uid = -1;  ///< effective
  std::string effective_capabilities;  ///< hexadecimal
  std::string bounding_capabilities;
  bool no_new_privileges = false;
};
/// Nothing when a line is missing.
std::optional<ProcessRights> parse_rights(std::string_view status);
/// "" when a process has and may gain no privilege at all, else which, whoever it runs as: "has capabilities 00000000a80425fb".
std::string privileges_of(const ProcessRights& rights);

/// The whole of a file of /proc, which has no size of its own; "" when it cannot be read (the process may be gone).
std::string read_proc(const std::string& path);
std::vector<int> all_pids();
/// Listening sockets of this network namespace, IPv4 and IPv6.
std::vector<Listener> listeners();
/// Inodes of the sockets a process holds; empty when this user may not look.
std::vector<std::uint64_t> socket_inodes(int pid);

}  // namespace keelson::checks
