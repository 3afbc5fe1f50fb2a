#include "runtime/native/unix_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace keelson::native {
namespace {

/// The address of `path`; `directory` must stay open while it is used.
struct Address {
  OwnedFd directory;
  sockaddr_un un{};
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&un); }
};

Result<Address> address_of(const std::string& path) {
  Address address;
  address.un.sun_family = AF_UNIX;
  std::string short_path = path;
  if (path.size() >= sizeof address.un.sun_path) {
    const auto slash = path.rfind('/');
    address.directory = OwnedFd(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!address.directory)
      return fail_as(errno == ENOENT ? ErrorCode::not_running : ErrorCode::failed, "cannot open the socket's directory", path, std::strerror(errno));
    short_path = fmt::format("/proc/self/fd/{}{}", address.directory.get(), path.substr(slash));
  }
  if (short_path.size() >= sizeof address.un.sun_path) return fail("the socket's name is too long", path);
  short_path.copy(address.un.sun_path, short_path.size());
  return address;
}

}  // namespace

Result<OwnedFd> listen_unix(const std::string& path) {
  KEELSON_TRY(const Address address, address_of(path));
  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail("cannot make a socket", path, std::strerror(errno));
  ::unlink(path.c_str());
  const mode_t before = ::umask(0177);  // the file never exists with a wider mode
  const int bound = ::bind(fd.get(), address.get(), sizeof address.un);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return fail("cannot bind the agent's socket", path, std::strerror(error));
  if (::listen(fd.get(), 64) != 0) return fail("cannot listen", path, std::strerror(errno));
  return fd;
}

Result<OwnedFd> connect_unix(const std::string& path) {
  KEELSON_TRY(const Address address, address_of(path));
  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail("cannot make a socket", path, std::strerror(errno));
  if (::connect(fd.get(), address.get(), sizeof address.un) == 0) return fd;
  const bool nobody = errno == ENOENT || errno == ECONNREFUSED;
  return fail_as(nobody ? ErrorCode::not_running : ErrorCode::failed, "the agent does not answer", path, std::strerror(errno),
                 nobody ? "start it: keelson up" : "");
}

Peer peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return {};
  return {credentials.pid, static_cast<int>(credentials.uid)};
}

}  // namespace keelson::native
