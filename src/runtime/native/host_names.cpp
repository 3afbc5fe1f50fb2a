#include "runtime/native/host_names.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <map>
#include <sstream>

namespace keelson::native {
namespace {

constexpr const char* kLock = "/run/keelson-hosts.lock";

std::string mark_line(const char* which, const HostsMark& mark) {
  return std::string("# ") + which + " keelson " + std::to_string(mark.id) + " " + mark.foundation + "\n";
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

/// For a file that cannot be renamed over: the new content, then the old length cut off.
Result<void> rewrite_in_place(const std::string& path, std::string_view content) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return fail("cannot write the host names", path, std::strerror(errno), "check that the file is writable");
  std::size_t written = 0;
  while (written < content.size()) {
    const ssize_t n = ::write(fd, content.data() + written, content.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  const bool whole = written == content.size() && ::ftruncate(fd, static_cast<off_t>(content.size())) == 0 && ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  if (!whole) return fail("cannot write the host names", path, std::strerror(error), "check the disk");
  return {};
}

}  // namespace

std::vector<std::string> host_lines(const Foundation& foundation, bool short_names) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& name, const std::string& address) {
    lines.push_back(address + " " + name + "." + foundation.domain + (short_names ? " " + name : ""));
  };
  for (const Endpoint& endpoint : foundation.endpoints) add(endpoint.name, endpoint.address);
  for (const Component& component : foundation.components)
    for (const Member& member : component.members) add(member.name, member.address);
  return lines;
}

Result<std::string> with_block(std::string_view hosts, const HostsMark& mark, const std::vector<std::string>& lines) {
  const std::string begin = mark_line("BEGIN", mark), end = mark_line("END", mark);
  std::string out(hosts), block;
  for (const std::string& line : lines) block += line + "\n";
  if (!lines.empty()) block = begin + block + end;
  const std::size_t from = out.find(begin);
  if (from == std::string::npos) {
    if (!block.empty() && !out.empty() && out.back() != '\n') out += '\n';
    return out + block;
  }
  const std::size_t to = out.find(end, from);
  if (to == std::string::npos)
    return fail("the block of keelson has no end", "/etc/hosts", "the line \"" + end.substr(0, end.size() - 1) + "\" is missing", "put it back or remove the block");
  return out.replace(from, to + end.size() - from, block);  // where it stood: others' blocks are no business of ours
}

bool lead_elsewhere(std::string_view hosts, const HostsMark& mark, const std::vector<std::string>& lines) {
  std::map<std::string, std::string> ours;  // address by name
  for (const std::string& line : lines) {
    const std::vector<std::string> words = words_of(line);
    for (std::size_t i = 1; i < words.size(); ++i) ours[words[i]] = words[0];
  }
  std::istringstream before(std::string(hosts.substr(0, hosts.find(mark_line("BEGIN", mark)))));
  for (std::string line; std::getline(before, line);) {
    const std::vector<std::string> words = words_of(line.substr(0, line.find('#')));
    for (std::size_t i = 1; i < words.size(); ++i)
      if (const auto found = ours.find(words[i]); found != ours.end() && found->second != words[0]) return true;
  }
  return false;
}

Result<OwnedFd> lock_host_names() {
  OwnedFd lock(::open(kLock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX) != 0) return fail("cannot lock the host's names", kLock, std::strerror(errno));
  return lock;
}

Result<void> publish_names(Files& files, const std::string& path, const HostsMark& mark, const std::vector<std::string>& lines) {
  KEELSON_TRY(const std::string before, files.read(path));
  KEELSON_TRY(const std::string after, with_block(before, mark, lines));
  if (after == before) return {};
  KEELSON_TRY(const auto info, files.info(path));
  if (files.write(path, after, info ? info->mode : 0644, info ? info->owner : Owner{})) return {};
  return rewrite_in_place(path, after);
}

}  // namespace keelson::native
