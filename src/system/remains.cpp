#include "system/remains.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

#include "system/fd.h"

namespace keelson {

std::string process_working_in(const std::string& directory) {
  DIR* const processes = ::opendir("/proc");
  if (!processes) return "some process, as /proc cannot be read,";
  std::string found;
  while (const dirent* entry = ::readdir(processes)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    std::array<char, PATH_MAX> target;
    const std::string link = std::string("/proc/") + entry->d_name + "/cwd";
    const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
    if (length > 0 && std::string_view(target.data(), static_cast<std::size_t>(length)) == directory) found = std::string("process ") + entry->d_name;
  }
  ::closedir(processes);
  return found;
}

bool port_refuses(const std::string& address, int port) {
  const OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  if (!fd || ::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) return false;
  const timeval limit{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno == ECONNREFUSED;
}

}  // namespace keelson
