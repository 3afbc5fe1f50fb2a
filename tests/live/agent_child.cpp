#include "agent_child.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>

namespace keelson::live {
namespace {

int listen_on(const std::string& address, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, address.c_str(), &target.sin_addr);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0 || ::listen(fd, 64) != 0) return -1;
  fmt::print("listening on {}:{}\n", address, port);
  std::fflush(stdout);
  return fd;
}

int listen_forever(const std::string& address, int port) {
  const int fd = listen_on(address, port);
  if (fd < 0) return 1;
  for (;;) {
    const int client = ::accept(fd, nullptr, nullptr);
    if (client >= 0) ::close(client);
  }
}

/// One client at a time; whoever logs in is told that this is the master.
int answer_as_redis(const std::string& address, int port) {
  const int fd = listen_on(address, port);
  if (fd < 0) return 1;
  for (;;) {
    const int client = ::accept(fd, nullptr, nullptr);
    std::array<char, 1024> buffer;
    for (ssize_t got = 0; (got = ::read(client, buffer.data(), buffer.size())) > 0;) {
      const std::string_view asked(buffer.data(), static_cast<std::size_t>(got));
      const std::string_view answer = asked.find("AUTH") != asked.npos ? "+OK\r\n" : "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
      if (::write(client, answer.data(), answer.size()) < 0) break;
    }
    ::close(client);
  }
}

int stubborn(const std::string& address, int port) {
  ::signal(SIGTERM, SIG_IGN);
  if (::fork() == 0) {
    setsid();
    for (;;) ::pause();
  }
  return listen_forever(address, port);
}

int flood(const std::string& file) {
  using Clock = std::chrono::steady_clock;
  const std::string block = [] {
    std::string line(127, 'x');
    line += '\n';
    std::string all;
    for (int i = 0; i < 512; ++i) all += line;
    return all;
  }();
  std::int64_t bytes = 0, longest_ms = 0;
  auto told = Clock::now();
  for (;;) {
    const auto before = Clock::now();
    if (::write(1, block.data(), block.size()) != static_cast<ssize_t>(block.size())) return 2;
    const auto after = Clock::now();
    bytes += static_cast<std::int64_t>(block.size());
    longest_ms = std::max<std::int64_t>(longest_ms, std::chrono::duration_cast<std::chrono::milliseconds>(after - before).count());
    if (after - told < std::chrono::milliseconds(50)) continue;
    told = after;
    const std::string text = fmt::format("{} {}\n", bytes, longest_ms);
    const int out = ::open((file + ".new").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (::write(out, text.data(), text.size()) < 0) return 3;
    ::close(out);
    ::rename((file + ".new").c_str(), file.c_str());
  }
}

}  // namespace

int run_child(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "listen") return listen_forever(words[1], std::atoi(words[2].c_str()));
  if (words.size() == 3 && words[0] == "stubborn") return stubborn(words[1], std::atoi(words[2].c_str()));
  if (words.size() == 3 && words[0] == "redis") return answer_as_redis(words[1], std::atoi(words[2].c_str()));
  if (words.size() == 1 && words[0] == "crash") return 3;
  if (words.size() == 2 && words[0] == "flood") return flood(words[1]);
  return 64;
}

}  // namespace keelson::live
