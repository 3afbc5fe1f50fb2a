#include "protocol/haproxy.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "system/fd.h"

namespace keelson {
namespace {

constexpr int kAnswerS = 1;

std::string_view words(ServerOrder order) {
  switch (order) {
    case ServerOrder::down: return "health down";
    case ServerOrder::up: return "health up";
    case ServerOrder::maintenance: return "state maint";
    case ServerOrder::ready: return "state ready";
  }
  return "state ready";
}

}  // namespace

Result<std::string> ask_haproxy(const std::string& socket, std::string_view question) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return fail("path of a socket is too long", socket);
  std::memcpy(address.sun_path, socket.data(), socket.size());
  const OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail("cannot make a socket", socket, std::strerror(errno));
  const timeval limit{kAnswerS, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  std::string answer;
  bool whole = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
               ::send(fd.get(), question.data(), question.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(question.size());
  std::array<char, 4096> bytes;
  for (ssize_t got = 1; whole && got != 0;) {
    got = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
    whole = got >= 0;
    if (got > 0) answer.append(bytes.data(), static_cast<std::size_t>(got));
  }
  if (!whole) return fail("HAProxy does not answer", socket, std::strerror(errno));
  return answer;
}

Result<void> tell_haproxy(const std::string& socket, std::string_view backend, std::string_view server, ServerOrder order) {
  const std::string place = std::string(backend) + "/" + std::string(server);
  KEELSON_TRY(const std::string answer, ask_haproxy(socket, "set server " + place + " " + std::string(words(order)) + "\n"));
  if (answer.find_first_not_of("\r\n ") != std::string::npos) return fail("HAProxy refuses an order about a server", place, answer.substr(0, 120));
  return {};
}

}  // namespace keelson
