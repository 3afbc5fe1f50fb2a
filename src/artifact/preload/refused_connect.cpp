// Loaded into the engines of keelson's images on Kubernetes (LD_PRELOAD; ADR 0035): a refused connection is told at once.
//
// A Service without endpoints refuses a connection by an ICMP message, which on its way through the node's own kernel comes back while connect() still
// holds the socket. Linux (5.14 and later: tcp_v4_err, net/ipv4/tcp_ipv4.c) then only notes the error, queues the message, sends the SYN again a second later, and that one
// may succeed. Nobody ever takes the message out of the queue, and as long as it lies there epoll and poll report EPOLLERR: event loops that answer it by
// reading (Redis, its Sentinels, libpq, libevent) turn as fast as they can for as long as the connection lasts. So the message is taken out here, and what it says returned.
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

}  // namespace

/// connect(2) of the C library. Only a connection that has just begun (EINPROGRESS: TCP, not waited for) is looked at.
extern "C" int connect(int fd, const sockaddr* address, socklen_t size) {
  const long result = ::syscall(SYS_connect, fd, address, size);
  if (result == 0 || errno != EINPROGRESS) return static_cast<int>(result);
  const int refused = refusal(fd);
  errno = refused != 0 ? refused : EINPROGRESS;
  return -1;
}
