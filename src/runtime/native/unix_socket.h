#pragma once
#include <string>

#include "base/result.h"
#include "system/fd.h"

namespace keelson::native {

/// A listening stream socket at `path`, 0600, non-blocking; a stale file is replaced (the caller holds the agent's lock).
/// A path may be longer than the 107 bytes of sockaddr_un: the directory is opened and reached by /proc/self/fd.
Result<OwnedFd> listen_unix(const std::string& path);
/// A connected, blocking socket. ErrorCode::not_running when nobody listens.
Result<OwnedFd> connect_unix(const std::string& path);

/// Who is at the other end, as the kernel knows it (SO_PEERCRED). uid -1 when it does not say.
struct Peer {
  int pid = 0;
  int uid = -1;
};
Peer peer_of(int socket);

}  // namespace keelson::native
