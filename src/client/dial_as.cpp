#include "client/dial_as.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "system/fd.h"
#include "system/monotonic.h"

namespace keelson::clients {
namespace {

constexpr int kGraceMs = 1'000;  // for the child to begin and to tell
constexpr int kNotTried = 255;   // no errno of connect(2)

/// Everything the child needs, made before the fork: after it only async-signal-safe calls are allowed (other threads may have held locks).
struct Errand {
  unsigned uid;
  int network = -1;  ///< descriptor of a network namespace; -1 = this one
  std::vector<sockaddr_in> places;
  std::vector<pollfd> waiting;
  std::vector<unsigned char> met;
  std::int64_t until;
};

/// The system calls themselves: glibc's wrappers would speak to threads that do not exist here.
bool become(unsigned uid) {
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 && ::syscall(SYS_setresgid, uid, uid, uid) == 0 && ::syscall(SYS_setresuid, uid, uid, uid) == 0;
}

void begin(Errand& errand, std::size_t i) {
  errand.waiting[i] = {-1, POLLOUT, 0};
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  errand.met[i] = ETIMEDOUT;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&errand.places[i]), sizeof(sockaddr_in)) == 0) errand.met[i] = 0;
  else if (errno != EINPROGRESS) errand.met[i] = static_cast<unsigned char>(errno);
  else errand.waiting[i].fd = fd;
  if (errand.waiting[i].fd < 0) ::close(fd);
}

void collect(Errand& errand, std::size_t i) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(errand.waiting[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
  errand.met[i] = static_cast<unsigned char>(error);
  ::close(errand.waiting[i].fd);
  errand.waiting[i].fd = -1;
}

[[noreturn]] void run_child(Errand& errand, int tell) {
  if (errand.network >= 0 && ::setns(errand.network, CLONE_NEWNET) != 0) ::_exit(1);
  if (!become(errand.uid)) ::_exit(1);
  for (std::size_t i = 0; i < errand.places.size(); ++i) begin(errand, i);
  while (true) {
    bool any = false;
    for (const pollfd& one : errand.waiting) any = any || one.fd >= 0;
    const std::int64_t left = errand.until - monotonic_ms();
    if (!any || left <= 0 || ::poll(errand.waiting.data(), errand.waiting.size(), static_cast<int>(left)) <= 0) break;
    for (std::size_t i = 0; i < errand.waiting.size(); ++i)
      if (errand.waiting[i].fd >= 0 && errand.waiting[i].revents != 0) collect(errand, i);
  }
  const ssize_t told = ::write(tell, errand.met.data(), errand.met.size());  // far less than a pipe holds
  ::_exit(told == static_cast<ssize_t>(errand.met.size()) ? 0 : 1);
}

/// Reads what the child tells, until it has told all, ends, or the time is over.
std::size_t hear(int from, std::vector<unsigned char>& met, std::int64_t until) {
  std::size_t heard = 0;
  while (heard < met.size()) {
    pollfd one{from, POLLIN, 0};
    const std::int64_t left = until - monotonic_ms();
    if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) <= 0) break;
    const ssize_t n = ::read(from, met.data() + heard, met.size() - heard);
    if (n <= 0) break;
    heard += static_cast<std::size_t>(n);
  }
  return heard;
}

Result<std::vector<Met>> dial(unsigned uid, int network, const std::vector<Place>& places, int within_ms) {
  Errand errand{uid, network, {}, std::vector<pollfd>(places.size()), std::vector<unsigned char>(places.size(), kNotTried), monotonic_ms() + within_ms};
  for (const Place& place : places) {
    sockaddr_in& address = errand.places.emplace_back();
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(place.port));
    if (::inet_pton(AF_INET, place.address.c_str(), &address.sin_addr) != 1) return fail("not an IPv4 address", place.address);
  }
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail("cannot make a pipe", {}, std::strerror(errno));
  const OwnedFd reading(ends[0]);
  OwnedFd writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return fail("cannot start a process", {}, std::strerror(errno));
  if (child == 0) run_child(errand, writing.get());
  writing = OwnedFd();
  std::vector<unsigned char> met(places.size());
  const std::size_t heard = hear(reading.get(), met, errand.until + kGraceMs);
  ::kill(child, SIGKILL);  // it has told all, or is late
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {}
  if (heard != met.size())
    return fail("could not connect as uid " + std::to_string(uid), {}, "a child that takes on this uid told nothing", "check that keelson has all rights of root");
  std::vector<Met> out;
  for (const unsigned char one : met) out.push_back({one});
  return out;
}

}  // namespace

Result<std::vector<Met>> dial_as(int uid, const std::vector<Place>& places, int within_ms) { return dial(static_cast<unsigned>(uid), -1, places, within_ms); }

Result<std::vector<Met>> dial_from(const std::string& network_namespace, const std::vector<Place>& places, int within_ms) {
  const OwnedFd network(::open(network_namespace.c_str(), O_RDONLY | O_CLOEXEC));
  if (!network) return fail("cannot enter the network namespace", network_namespace, std::strerror(errno));
  return dial(0, network.get(), places, within_ms);
}

}  // namespace keelson::clients
