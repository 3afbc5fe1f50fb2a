#include "system/listeners.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "system/fd.h"

namespace keelson {
namespace {

constexpr std::string_view kListen = "0A";

std::optional<std::uint32_t> hex32(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The kernel prints each 32-bit word of the address in the machine's byte order.
std::optional<std::string> address_of(std::string_view hex) {
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = hex.size() / 8;
  if ((count != 1 && count != 4) || hex.size() % 8 != 0) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    const auto word = hex32(hex.substr(i * 8, 8));
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const bool mapped = count == 4 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xFFFF);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (count == 1 || mapped) ::inet_ntop(AF_INET, &words[mapped ? 3 : 0], text.data(), text.size());
  else ::inet_ntop(AF_INET6, words.data(), text.data(), text.size());
  return std::string(text.data());
}

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> entries(const std::string& directory) {
  std::vector<std::string> names;
  DIR* open = ::opendir(directory.c_str());
  if (open == nullptr) return names;
  while (const dirent* entry = ::readdir(open)) names.emplace_back(entry->d_name);
  ::closedir(open);
  return names;
}

}  // namespace

std::vector<Listener> parse_listeners(std::string_view text) {
  std::vector<Listener> found;
  std::istringstream lines{std::string(text)};
  std::string line;
  std::getline(lines, line);  // the headings
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout;
    std::uint64_t inode = 0;
    if (!(words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode) || state != kListen) continue;
    const std::size_t colon = local.find(':');
    if (colon == std::string::npos) continue;
    const auto address = address_of(std::string_view(local).substr(0, colon));
    const auto port = hex32(std::string_view(local).substr(colon + 1));
    if (address && port) found.push_back({*address, static_cast<int>(*port), inode});
  }
  return found;
}

std::vector<Listener> listeners() {
  auto all = parse_listeners(slurp("/proc/net/tcp"));
  auto six = parse_listeners(slurp("/proc/net/tcp6"));
  all.insert(all.end(), std::make_move_iterator(six.begin()), std::make_move_iterator(six.end()));
  return all;
}

bool in_the_way(const Listener& listener, const std::string& address, int port) {
  return listener.port == port && (listener.address == address || listener.address == "0.0.0.0" || listener.address == "::" || address == "0.0.0.0");
}

bool can_listen_at(const std::string& address) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  if (::inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1) return false;
  const OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return fd && ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0;  // port 0: any free one
}

Holder holder_of(std::uint64_t inode) {
  const std::string wanted = "socket:[" + std::to_string(inode) + "]";
  for (const std::string& pid : entries("/proc")) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string directory = "/proc/" + pid + "/fd";
    for (const std::string& descriptor : entries(directory)) {
      std::array<char, 64> target{};
      const ssize_t length = ::readlink((directory + "/" + descriptor).c_str(), target.data(), target.size());
      if (length <= 0 || wanted != std::string_view(target.data(), static_cast<std::size_t>(length))) continue;
      std::string name = slurp("/proc/" + pid + "/comm");
      while (!name.empty() && name.back() == '\n') name.pop_back();
      return {std::stoi(pid), name};
    }
  }
  return {};
}

}  // namespace keelson
