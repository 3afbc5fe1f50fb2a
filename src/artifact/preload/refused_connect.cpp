// Loaded into the engines of keelson's images on Kubernetes (LD_PRELOAD; ADR 0035): a refused connection is told at once.
//
// A Service without endpoints refuses a connection by an ICMP message, which on its way through the node's own kernel comes back while connect() still
// holds the socket. Linux (5.14 and later: tcp_v4_err, net/ipv4/tcp_ipv4.c) then only notes the error, queues the message, sends the SYN again a second later, and that one
// may succeed. Nobody ever takes the message out of the queue, and as long as it lies there epoll and poll report EPOLLERR: event loops that answer it by
// reading (Redis, its Sentinels, libpq, libevent) turn as fast as they can for as long as the connection lasts. So the message is taken out here, and a refusal told.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>  // the next one uses timespec

#include <linux/errqueue.h>

namespace {

/// The errno of a queued ICMP message, which is then gone; 0 = there is none.
int refusal(int fd) {
  alignas(cmsghdr) char control[256];
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    const bool error = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) || (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
    if (error) return static_cast<int>(reinterpret_cast<const sock_extended_err*>(CMSG_DATA(part))->ee_errno);
  }
  return 0;
}

bool is_tcp(int fd) {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return ::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == IPPROTO_TCP;
}

}  // namespace

/// connect(2) of the C library. What is no refusal (a network that is just being set up) TCP tries again by itself, as ever: only the message goes.
extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
  const long result = ::syscall(SYS_connect, fd, address, size);
  const int told = result == 0 ? 0 : errno;
  if (told != 0 && told != EINPROGRESS) return -1;
  const bool refused = is_tcp(fd) && refusal(fd) == ECONNREFUSED;
  if (told == 0) return 0;
  errno = refused ? ECONNREFUSED : EINPROGRESS;
  return -1;
}
