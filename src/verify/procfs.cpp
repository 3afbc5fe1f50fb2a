#include "verify/procfs.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <memory>
#include <sstream>

namespace keelson::checks {
namespace {

constexpr std::string_view kListen = "0A";

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    out.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(" \t", end);
  }
  return out;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text, int base) {
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "0100007F:1538" -> 127.0.0.1, 5432.
std::optional<Listener> local_address(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number_of<int>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  Listener out{std::string(text.substr(0, colon)), *port};
  if (colon != 8) return out;  // IPv6 stays as it is
  const auto raw = number_of<std::uint32_t>(text.substr(0, colon), 16);
  if (!raw) return std::nullopt;
  std::array<char, INET_ADDRSTRLEN> dotted{};
  const in_addr address{*raw};
  inet_ntop(AF_INET, &address, dotted.data(), dotted.size());
  out.address = dotted.data();
  return out;
}

template <typename Each>
void each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

struct CloseDirectory { void operator()(DIR* directory) const { closedir(directory); } };

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> out;
  const std::unique_ptr<DIR, CloseDirectory> directory(opendir(path.c_str()));
  if (!directory) return out;
  while (const dirent* entry = readdir(directory.get())) out.emplace_back(entry->d_name);
  return out;
}

}  // namespace

std::vector<Listener> parse_listeners(std::string_view table) {
  std::vector<Listener> out;
  each_line(table, [&](std::string_view line) {
    const auto fields = words(line);
    if (fields.size() < 10 || fields[3] != kListen) return;
    auto listener = local_address(fields[1]);
    const auto inode = number_of<std::uint64_t>(fields[9], 10);
    if (!listener || !inode) return;
    listener->inode = *inode;
    out.push_back(std::move(*listener));
  });
  return out;
}

std::optional<ProcessRights> parse_rights(std::string_view status) {
  ProcessRights out;
  int seen = 0;
  each_line(status, [&](std::string_view line) {
    const auto fields = words(line);
    if (fields.size() < 2) return;
    if (fields[0] == "Uid:" && fields.size() > 2) out.uid = number_of<int>(fields[2], 10).value_or(-1), ++seen;
    else if (fields[0] == "CapEff:") out.effective_capabilities = std::string(fields[1]), ++seen;
    else if (fields[0] == "CapBnd:") out.bounding_capabilities = std::string(fields[1]), ++seen;
    else if (fields[0] == "NoNewPrivs:") out.no_new_privileges = fields[1] == "1", ++seen;
  });
  if (seen != 4) return std::nullopt;
  return out;
}

std::string privileges_of(const ProcessRights& rights) {
  const auto none = [](const std::string& hexadecimal) { return hexadecimal.find_first_not_of('0') == std::string::npos; };
  if (!none(rights.effective_capabilities)) return "has capabilities " + rights.effective_capabilities;
  if (!none(rights.bounding_capabilities)) return "may gain capabilities " + rights.bounding_capabilities;
  return rights.no_new_privileges ? std::string() : "may gain privileges (NoNewPrivs 0)";
}

std::string read_proc(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::vector<int> all_pids() {
  std::vector<int> out;
  for (const std::string& name : names_in("/proc"))
    if (const auto pid = number_of<int>(name, 10)) out.push_back(*pid);
  return out;
}

std::vector<Listener> listeners() {
  std::vector<Listener> out = parse_listeners(read_proc("/proc/net/tcp"));
  for (Listener& listener : parse_listeners(read_proc("/proc/net/tcp6"))) out.push_back(std::move(listener));
  return out;
}

std::vector<std::uint64_t> socket_inodes(int pid) {
  constexpr std::string_view kHead = "socket:[";
  std::vector<std::uint64_t> out;
  const std::string directory = "/proc/" + std::to_string(pid) + "/fd";
  for (const std::string& name : names_in(directory)) {
    std::array<char, 64> link{};
    const ssize_t size = readlink((directory + "/" + name).c_str(), link.data(), link.size());
    const std::string_view target(link.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (!target.starts_with(kHead)) continue;
    const auto inode = number_of<std::uint64_t>(target.substr(kHead.size(), target.size() - kHead.size() - 1), 10);
    if (inode) out.push_back(*inode);
  }
  return out;
}

}  // namespace keelson::checks
