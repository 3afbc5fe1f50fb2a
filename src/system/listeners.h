#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keelson {

/// A listening TCP socket of this machine (this network namespace).
struct Listener {
  std::string address;  ///< "127.0.0.1"; "0.0.0.0" and "::" mean every address
  int port = 0;
  std::uint64_t inode = 0;
};

/// Listening sockets in the text of /proc/net/tcp or tcp6 (Linux Documentation/networking/proc_net_tcp.rst). Pure.
std::vector<Listener> parse_listeners(std::string_view text);

/// All of this machine.
std::vector<Listener> listeners();

/// Whether binding `address:port` fails because of it: the same address, or either of them a wildcard, on the same port.
bool in_the_way(const Listener& listener, const std::string& address, int port);

/// Whether this machine lets a socket listen at that IPv4 address: it is one of its own, or net.ipv4.ip_nonlocal_bind is set.
bool can_listen_at(const std::string& address);

struct Holder {
  int pid = 0;  ///< 0: not ours to see
  std::string name = {};
};
/// The process that holds a socket, from /proc/*/fd. Others' processes show only to root.
Holder holder_of(std::uint64_t inode);

}  // namespace keelson
