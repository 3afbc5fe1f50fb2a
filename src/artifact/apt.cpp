#include "artifact/apt.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace keelson {
namespace {

constexpr int kResolveTimeoutMs = 120'000;
constexpr int kDownloadTimeoutMs = 1'800'000;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    if (end != 0 && !text.empty()) parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// File names carry the epoch's colon as %3a.
std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

Result<DebianPackage> parse_line(std::string_view line) {
  const auto refuse = [&](std::string why) {
    return fail("cannot understand what apt-get says of a package", std::string(line), std::move(why));
  };
  const auto words = split(line, ' ');
  if (words.size() < 3) return refuse("file name or size is missing");
  DebianPackage package;
  package.file = words[1];
  if (package.file.find('/') != std::string::npos || package.file[0] == '.') return refuse("the file name is not plain");
  const auto parts = split(words[1], '_');
  if (parts.size() != 3) return refuse("the file name is not NAME_VERSION_ARCHITECTURE.deb");
  package.name = parts[0];
  package.version = percent_decoded(parts[1]);
  const auto size = std::from_chars(words[2].data(), words[2].data() + words[2].size(), package.size);
  if (size.ec != std::errc() || package.size <= 0) return refuse("the size is not a number");
  constexpr std::string_view kPrefix = "SHA256:";
  if (words.size() < 4 || !words[3].starts_with(kPrefix) || words[3].size() != kPrefix.size() + 64) {
    return refuse("there is no SHA-256 checksum");
  }
  package.sha256 = words[3].substr(kPrefix.size());
  return package;
}

/// What people set to reach the archive; everything else of the caller's environment stays out.
std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> result = {
      {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}, {"LC_ALL", "C.UTF-8"},
      {"DEBIAN_FRONTEND", "noninteractive"}};
  for (const char* name : {"http_proxy", "https_proxy", "no_proxy", "APT_CONFIG", "HOME"}) {
    if (const char* value = ::getenv(name)) result.emplace_back(name, value);
  }
  return result;
}

/// The lines apt marks as errors, else the last lines of what it said.
std::string complaint(const CommandOutput& output) {
  std::string text;
  for (const std::string_view line : split(output.err, '\n')) {
    if (!line.starts_with("E: ")) continue;
    if (text.size() > 600) break;
    text += fmt::format("{}{}", text.empty() ? "" : "; ", line.substr(3));
  }
  if (!text.empty()) return text;
  // No error, then the first warnings: for a download they name the address and the reason.
  for (const std::string_view line : split(output.err, '\n')) {
    if (line.starts_with("W: ") && text.size() < 300) text += fmt::format("{}{}", text.empty() ? "" : "; ", line.substr(3));
  }
  if (!text.empty()) return text;
  const std::string& said = output.err.empty() ? output.out : output.err;
  return said.size() > 600 ? said.substr(said.size() - 600) : said;
}

struct Cure {
  std::string_view symptom;
  std::string_view next;
};
constexpr std::array kCures = {
    Cure{"No space left", "free disk space there, then run the same command again"},
    Cure{"Unable to locate package", "this archive does not have the package: keelson is made for Debian 12 (bookworm) with "
                                     "component main in /etc/apt/sources.list"},
    Cure{"has no installation candidate", "this archive does not have the package: keelson is made for Debian 12 (bookworm)"},
    Cure{"Could not resolve", "check the network and DNS, then run the same command again"},
    Cure{"Temporary failure resolving", "check the network and DNS, then run the same command again"},
    Cure{"connection failed", "check the network (or http_proxy), then run the same command again"},
    Cure{"Could not connect", "check the network (or http_proxy), then run the same command again"},
    Cure{"Cannot initiate the connection", "check the network (or http_proxy), then run the same command again"},
    Cure{"404  Not Found", "the package lists are older than the archive; run `apt-get update`, then the same command again"},
    Cure{"Hash Sum mismatch", "the archive is being updated or a proxy changes files; try again in a few minutes"},
    Cure{"NO_PUBKEY", "the key of the archive is missing: install the package debian-archive-keyring"},
    Cure{"not signed", "the key of the archive is missing: install the package debian-archive-keyring"},
    Cure{"Permission denied", "check who owns the artifact directory"},
};

}  // namespace

Result<std::vector<DebianPackage>> parse_print_uris(std::string_view text) {
  std::vector<DebianPackage> packages;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with('\'')) continue;
    KEELSON_TRY(auto package, parse_line(line));
    packages.push_back(std::move(package));
  }
  return packages;
}

Error apt_error(std::string doing, const CommandOutput& output) {
  Error error{ErrorCode::failed, std::move(doing), "apt-get", complaint(output)};
  for (const Cure& cure : kCures) {
    if (output.err.find(cure.symptom) != std::string::npos) {
      error.next = cure.next;
      return error;
    }
  }
  error.next = "run `apt-get update` and try again";
  return error;
}

Owner apt_owner() {
  if (::geteuid() != 0) return {};
  const passwd* entry = ::getpwnam("_apt");
  return entry == nullptr ? Owner{} : Owner{static_cast<int>(entry->pw_uid), -1};
}

Apt::Apt(Files& files, Commands& commands, std::string directory, std::function<void(const std::string&)> progress)
    : files_(files), commands_(commands), directory_(std::move(directory)), progress_(std::move(progress)) {}

Result<void> Apt::prepare() {
  if (prepared_) return {};
  KEELSON_CHECK(files_.make_directory(directory_, 0755));
  KEELSON_CHECK(files_.make_directory(directory_ + "/cache", 0755));
  KEELSON_CHECK(files_.write(directory_ + "/status", "", 0644));
  // Lists of an earlier update are newer than none, and were needed once: keep to them.
  KEELSON_TRY(const auto lists, files_.info(directory_ + "/lists.complete"));
  own_lists_ = lists.has_value();
  prepared_ = true;
  return {};
}

std::vector<std::string> Apt::base() const {
  std::vector<std::string> argv = {"apt-get",
                                   "-o", "Dir::State::status=" + directory_ + "/status",
                                   "-o", "Dir::Cache=" + directory_ + "/cache",
                                   // Container images switch apt's cache of parsed lists off: 2 s a question.
                                   "-o", "Dir::Cache::pkgcache=pkgcache.bin",
                                   "-o", "Dir::Cache::srcpkgcache=",
                                   "-o", "APT::Install-Recommends=false",
                                   "-o", "Acquire::ForceHash=SHA256",
                                   "-o", "Acquire::Retries=3",
                                   "-o", "Acquire::Languages=none",
                                   "-o", "Acquire::GzipIndexes=true",
                                   "-o", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
                                   "-o", "APT::Get::AllowUnauthenticated=false"};
  if (own_lists_) argv.insert(argv.end(), {"-o", "Dir::State::lists=" + directory_ + "/lists/"});
  return argv;
}

Result<CommandOutput> Apt::run(std::vector<std::string> arguments, const std::string& directory) {
  auto argv = base();
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  CommandOptions options;
  options.environment = environment();
  options.directory = directory;
  options.timeout_ms = kDownloadTimeoutMs;
  if (arguments[0] == "--print-uris") options.timeout_ms = kResolveTimeoutMs;
  return commands_.run(argv, options);
}

Result<void> Apt::update() {
  KEELSON_CHECK(prepare());
  progress_("getting Debian's package lists");
  KEELSON_CHECK(files_.make_directory(directory_ + "/lists", 0755));
  KEELSON_CHECK(files_.make_directory(directory_ + "/lists/partial", 0700, apt_owner()));
  own_lists_ = true;
  updated_ = true;
  KEELSON_TRY(const auto output, run({"update"}, "/"));
  // apt's own verdict is no use: it is 0 without any network, and not 0 for a third-party source we do not need.
  KEELSON_TRY(const auto names, files_.list(directory_ + "/lists"));
  const auto is_list = [](const std::string& name) { return name.find("_Packages") != std::string::npos; };
  if (std::none_of(names.begin(), names.end(), is_list)) {
    return unexpected(apt_error("cannot get Debian's package lists", output));
  }
  return files_.write(directory_ + "/lists.complete", "", 0644);
}

Result<std::vector<DebianPackage>> Apt::resolve(std::span<const std::string_view> packages) {
  std::vector<std::string> arguments = {"--print-uris", "-y", "install"};
  for (const std::string_view name : packages) arguments.emplace_back(name);
  KEELSON_TRY(const auto output, run(std::move(arguments), "/"));
  if (output.status != 0) return unexpected(apt_error("cannot work out the packages needed", output));
  KEELSON_TRY(auto found, parse_print_uris(output.out));
  if (found.empty()) return fail("cannot work out the packages needed", "apt-get", "it named none", "run `apt-get update`");
  return found;
}

Result<std::vector<DebianPackage>> Apt::closure(std::span<const std::string_view> packages) {
  KEELSON_CHECK(prepare());
  auto found = resolve(packages);
  if (found || updated_) return found;
  KEELSON_CHECK(update());
  return resolve(packages);
}

Result<void> Apt::download(std::span<const DebianPackage> packages, const std::string& incoming) {
  KEELSON_CHECK(prepare());
  std::vector<std::string> arguments = {"-q", "-y", "download"};
  for (const DebianPackage& package : packages) arguments.push_back(package.name + "=" + package.version);
  KEELSON_TRY(const auto output, run(std::move(arguments), incoming));
  if (output.status != 0) return unexpected(apt_error("cannot download the packages", output));
  return {};
}

}  // namespace keelson
