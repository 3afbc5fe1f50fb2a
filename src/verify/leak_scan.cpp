#include "verify/leak_scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <memory>

namespace keelson::checks {
namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kPiece = 1 << 20;
constexpr int kDeepest = 32;

enum class Readers { anybody, whoever };

struct CloseDirectory { void operator()(DIR* directory) const { closedir(directory); } };

void walk(const std::string& directory, Readers readers, int depth, std::vector<std::string>& out) {
  if (depth > kDeepest) return;
  const std::unique_ptr<DIR, CloseDirectory> open(opendir(directory.c_str()));
  if (!open) return;
  while (const dirent* entry = readdir(open.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const std::string path = directory + "/" + name;
    struct stat facts{};
    if (lstat(path.c_str(), &facts) != 0) continue;
    const bool open_to_all = readers == Readers::whoever;
    if (S_ISDIR(facts.st_mode) && (open_to_all || (facts.st_mode & S_IXOTH) != 0)) walk(path, readers, depth + 1, out);
    if (S_ISREG(facts.st_mode) && (open_to_all || (facts.st_mode & S_IROTH) != 0)) out.push_back(path);
  }
}

void add_once(std::vector<std::string>& list, std::string entry) {
  if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(std::move(entry));
}

}  // namespace

std::vector<std::string> secrets_in(std::string_view text, const std::vector<NamedSecret>& secrets) {
  std::vector<std::string> out;
  for (const NamedSecret& secret : secrets) {
    const std::string_view bytes = secret.value.reveal();
    if (bytes.size() >= kShortest && text.find(bytes) != std::string_view::npos) out.push_back(secret.name);
  }
  return out;
}

std::vector<std::string> world_readable_files(const std::string& root) {
  std::vector<std::string> out;
  walk(root, Readers::anybody, 0, out);
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> all_files(const std::string& root) {
  std::vector<std::string> out;
  walk(root, Readers::whoever, 0, out);
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> secrets_in_file(const std::string& path, const std::vector<NamedSecret>& secrets) {
  std::size_t overlap = 0;
  for (const NamedSecret& secret : secrets) overlap = std::max(overlap, secret.value.reveal().size());
  std::vector<std::string> out;
  std::ifstream file(path, std::ios::binary);
  std::string window, piece(kPiece, '\0');
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())), file.gcount() > 0) {
    window.append(piece, 0, static_cast<std::size_t>(file.gcount()));
    for (std::string& name : secrets_in(window, secrets)) add_once(out, std::move(name));
    if (window.size() > overlap) window.erase(0, window.size() - overlap);
  }
  return out;
}

}  // namespace keelson::checks
