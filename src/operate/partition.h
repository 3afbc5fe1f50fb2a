#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace keelson::operate {

/// A member that is to be cut off from some others. All processes run on one machine and call from 127.0.0.1, so an address tells who is
/// called, and only the socket's cgroup tells who calls.
struct Cut {
  std::string table;               ///< "keelson_1_drill": [a-z0-9_]
  std::string parent;              ///< cgroup above all instances of the foundation, as nft reads it: "unified/keelson/1"
  int level = 0;                   ///< how deep an instance's cgroup lies below the root of cgroup2: 3
  std::vector<std::string> peers;  ///< instances it is cut off from; each is the name of a cgroup in `parent`
  std::vector<std::string> kept;   ///< instances it is not cut off from: those that carry its clients
  std::string member;              ///< its address
  std::vector<std::string> peer_addresses;
  int timeout_s = 0;               ///< then the kernel itself forgets the cut
};

/// The nftables text of a cut, in both directions, on the way out by the sender's socket and on the way in by the receiver's: packets
/// vanish, nobody is told. Who is in `parent` and neither peer nor kept is the member, whatever cgroup a new start of it
/// gets. Every rule asks first whether `parent` is in a set whose only element expires after `timeout_s`: afterwards the table
/// does nothing, also when nobody is left to remove it. Pure. Fails on names that nft would read as something else.
Result<std::string> partition_text(const Cut& cut);

/// "0::/keelson/1/redis-1" in /proc/PID/cgroup -> "/keelson/1/redis-1"; "" when it has none in cgroup2.
std::string cgroup2_in(std::string_view proc_cgroup);
/// Where cgroup2 is mounted, by /proc/self/mountinfo: "/sys/fs/cgroup/unified"; "" = nowhere.
std::string cgroup2_mount_in(std::string_view mountinfo);

}  // namespace keelson::operate
