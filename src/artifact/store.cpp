#include "artifact/store.h"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "artifact/apt.h"
#include "artifact/host_packages.h"
#include "artifact/lock.h"
#include "system/digest.h"

namespace keelson {
namespace {

constexpr std::string_view kRecord = "/.keelson.json";
constexpr std::int64_t kLargestPackage = std::int64_t{1} << 30;
constexpr int kUnpackTimeoutMs = 300'000;
/// Unpacked packages are about 4 times their download (measured: 86 MB to 340 MB), and both exist for a while.
constexpr std::int64_t kUnpackFactor = 5;
#if defined(__aarch64__)
constexpr std::string_view kTriplet = "aarch64-linux-gnu";
#else
constexpr std::string_view kTriplet = "x86_64-linux-gnu";
#endif

std::string tree_name(const Artifact& artifact) { return fmt::format("{}-{}", artifact.id, artifact.series); }

Json record_of(const Artifact& artifact, const std::vector<DebianPackage>& packages) {
  Json list = Json::array();
  std::string version;
  for (const DebianPackage& package : packages) {
    if (!artifact.packages.empty() && package.name == artifact.packages.front()) version = package.version;
    list.push(Json::object()
                  .set("name", package.name)
                  .set("version", package.version)
                  .set("sha256", package.sha256)
                  .set("size", package.size));
  }
  return Json::object()
      .set("schema", "keelson.artifact/v1")
      .set("id", artifact.id)
      .set("series", artifact.series)
      .set("version", version)
      .set("program", artifact.program)
      .set("packages", std::move(list));
}

Result<void> check_space(const std::string& root, std::int64_t download) {
  struct statvfs s {};
  if (::statvfs(root.c_str(), &s) != 0) return {};  // the write itself will tell
  const auto available = static_cast<std::int64_t>(s.f_bavail) * static_cast<std::int64_t>(s.f_frsize);
  const std::int64_t needed = download * kUnpackFactor;
  if (available >= needed) return {};
  return fail_as(ErrorCode::preflight_refused, "not enough disk space for the engine", root,
                 fmt::format("{} MB are free, about {} MB are needed", available / 1'000'000, needed / 1'000'000),
                 "free some space, or put the state elsewhere with --state-dir");
}

std::string tail(const CommandOutput& output) {
  const std::string& said = output.err.empty() ? output.out : output.err;
  return said.size() > 400 ? said.substr(said.size() - 400) : said;
}

}  // namespace

bool in_series(std::string_view version, std::string_view series) {
  if (!version.starts_with(series)) return false;
  return version.size() == series.size() || std::string_view(".-+~").find(version[series.size()]) != std::string_view::npos;
}

std::string upstream_version(std::string_view version) {
  if (const auto colon = version.find(':'); colon != std::string_view::npos) version.remove_prefix(colon + 1);
  return std::string(version.substr(0, version.rfind('-')));
}

ArtifactStore::ArtifactStore(Files& files, Commands& commands, std::string root)
    : files_(files), commands_(commands), root_(std::move(root)) {}

std::string ArtifactStore::tree(const Artifact& artifact) const {
  if (artifact.source == ArtifactSource::host) return "/";
  return root_ + "/" + tree_name(artifact);
}

std::vector<std::pair<std::string, std::string>> ArtifactStore::environment(const Artifact& artifact) const {
  return environment_of(artifact, tree(artifact));
}

std::vector<std::pair<std::string, std::string>> ArtifactStore::environment_of(const Artifact& artifact,
                                                                               const std::string& tree) const {
  constexpr std::string_view kHostPath = "/usr/sbin:/usr/bin:/sbin:/bin";
  if (artifact.source == ArtifactSource::host) return {{"PATH", std::string(kHostPath)}, {"LANG", "C.UTF-8"}};
  std::string path = fmt::format("{0}/usr/sbin:{0}/usr/bin:{1}", tree, kHostPath);
  const auto own = artifact.program.substr(0, artifact.program.rfind('/'));
  if (own != "usr/bin" && own != "usr/sbin") path = fmt::format("{}/{}:{}", tree, own, path);
  // Packages of Debian 12 still use both /lib and /usr/lib; only an installed system has them merged.
  return {{"PATH", std::move(path)},
          {"LANG", "C.UTF-8"},
          {"LD_LIBRARY_PATH", fmt::format("{0}/usr/lib/{1}:{0}/lib/{1}", tree, kTriplet)},
          {"PYTHONPATH", tree + "/usr/lib/python3/dist-packages"}};
}

Result<Json> ArtifactStore::record(const std::string& tree) {
  KEELSON_TRY(const auto found, files_.info(tree + std::string(kRecord)));
  if (!found) return Json();
  KEELSON_TRY(const auto text, files_.read(tree + std::string(kRecord)));
  return parse_json(text);
}

Result<bool> ArtifactStore::present(const Artifact& artifact) {
  KEELSON_TRY(const auto program, files_.info(fmt::format("{}/{}", tree(artifact), artifact.program)));
  if (!program) return false;
  if (artifact.source == ArtifactSource::host) return true;
  KEELSON_TRY(const Json found, record(tree(artifact)));
  return found["id"].as_string() == artifact.id && found["series"].as_string() == artifact.series;
}

Result<std::string> ArtifactStore::installed_series(const Artifact& artifact) {
  KEELSON_TRY(const Json found, record(tree(artifact)));
  if (found.is_null()) {
    return fail("the artifact is not here", tree(artifact), {}, "run `keelson artifacts fetch`");
  }
  return upstream_version(found["version"].as_string());
}

Result<std::string> ArtifactStore::series_warning(const Artifact& artifact) {
  if (artifact.source == ArtifactSource::host) return std::string();
  KEELSON_TRY(const std::string version, installed_series(artifact));
  if (in_series(version, artifact.series)) return std::string();
  return fmt::format("{} {} was unpacked, but keelson is tested with series {}", artifact.id, version, artifact.series);
}

Result<void> ArtifactStore::prepare() {
  KEELSON_CHECK(files_.make_directory(root_, 0755));
  return files_.make_directory(root_ + "/cache", 0755);
}

Result<void> ArtifactStore::clean_leftovers() {
  KEELSON_TRY(const auto names, files_.list(root_));
  for (const std::string& name : names) {
    if (name.starts_with(".new-")) KEELSON_CHECK(files_.remove_tree(root_ + "/" + name));
  }
  return {};
}

Result<void> ArtifactStore::fetch(const Artifact& artifact, const Progress& progress) {
  KEELSON_TRY(const bool here, present(artifact));
  if (here) return {};
  if (artifact.source == ArtifactSource::host) {
    return fail("the program is not on this machine", fmt::format("/{}", artifact.program), {}, "install it, or correct the path");
  }
  KEELSON_CHECK(prepare());
  KEELSON_TRY(const StoreLock held, StoreLock::take(root_ + "/.lock", [&] {
    progress("other engines that are being fetched");
  }));
  KEELSON_TRY(const bool meanwhile, present(artifact));
  if (meanwhile) return {};
  KEELSON_CHECK(clean_leftovers());

  progress(fmt::format("{}: asking apt what is needed", artifact.id));
  Apt apt(files_, commands_, root_ + "/apt", progress);
  KEELSON_TRY(auto packages, apt.closure(artifact.packages));
  const auto needless = [&](const DebianPackage& package) { return !is_taken(artifact, package.name); };
  packages.erase(std::remove_if(packages.begin(), packages.end(), needless), packages.end());
  auto collected = collect(packages, apt, progress);
  if (!collected && !apt.updated()) {
    // The archive moved on since the machine's lists were fetched: superseded versions are gone from it.
    KEELSON_CHECK(apt.update());
    KEELSON_TRY(packages, apt.closure(artifact.packages));
    packages.erase(std::remove_if(packages.begin(), packages.end(), needless), packages.end());
    collected = collect(packages, apt, progress);
  }
  KEELSON_CHECK(std::move(collected));

  progress(fmt::format("{}: unpacking {} packages", artifact.id, packages.size()));
  const std::string fresh = fmt::format("{}/.new-{}", root_, tree_name(artifact));
  KEELSON_CHECK(unpack(artifact, packages, fresh));
  KEELSON_CHECK(prove(artifact, fresh));
  KEELSON_CHECK(files_.write(fresh + std::string(kRecord), record_of(artifact, packages).dump(1) + "\n", 0644));
  KEELSON_CHECK(files_.remove_tree(tree(artifact)));  // what is there was not present: nothing uses it
  KEELSON_CHECK(files_.rename(fresh, tree(artifact)));
  KEELSON_CHECK(write_lock());
  KEELSON_TRY(const std::string warning, series_warning(artifact));
  if (!warning.empty()) progress("warning: " + warning);
  return {};
}

Result<void> ArtifactStore::collect(const std::vector<DebianPackage>& packages, Apt& apt, const Progress& progress) {
  std::vector<DebianPackage> missing;
  std::int64_t bytes = 0;
  for (const DebianPackage& package : packages) {
    const std::string path = root_ + "/cache/" + package.file;
    const auto cached = files_.read(path, kLargestPackage);
    if (cached && sha256_hex(*cached) == package.sha256) continue;
    missing.push_back(package);
    bytes += package.size;
  }
  if (missing.empty()) return {};
  KEELSON_CHECK(check_space(root_, bytes));
  progress(fmt::format("downloading {} packages, {:.1f} MB", missing.size(), static_cast<double>(bytes) / 1e6));
  const std::string incoming = fmt::format("{}/.new-incoming-{}", root_, ::getpid());
  KEELSON_CHECK(files_.make_directory(incoming, 0755, apt_owner()));
  KEELSON_CHECK(apt.download(missing, incoming));
  for (const DebianPackage& package : missing) {
    // Read once, check, and write a copy of ours: apt's download user could still change its own file.
    KEELSON_TRY(const std::string content, files_.read(incoming + "/" + package.file, kLargestPackage));
    if (sha256_hex(content) != package.sha256) {
      return fail("a downloaded package is not the one the signed index describes", package.file, "its SHA-256 differs",
                  "try again; if it stays, a proxy between here and the archive changes files");
    }
    KEELSON_CHECK(files_.write(root_ + "/cache/" + package.file, content, 0644));
  }
  return files_.remove_tree(incoming);
}

Result<void> ArtifactStore::unpack(const Artifact& artifact, const std::vector<DebianPackage>& packages,
                                   const std::string& tree) {
  KEELSON_CHECK(files_.make_directory(tree, 0755));
  for (const DebianPackage& package : packages) {
    const std::string path = root_ + "/cache/" + package.file;
    KEELSON_TRY(const auto output, commands_.run({"dpkg-deb", "-x", path, tree}, {.timeout_ms = kUnpackTimeoutMs}));
    if (output.status != 0) {
      return fail(fmt::format("cannot unpack a package of {}", artifact.id), path, tail(output),
                  "free disk space when it is full; else remove that file and try again");
    }
  }
  for (const std::string_view part : kTrimmed) KEELSON_CHECK(files_.remove_tree(fmt::format("{}/{}", tree, part)));
  // Nothing in a tree is ever run with another's rights, and every engine's user may read it.
  KEELSON_TRY(const auto modes, commands_.run({"chmod", "-R", "u-s,g-s,o-t,a+rX", tree}, {}));
  if (modes.status != 0) return fail("cannot set the modes of the tree", tree, tail(modes));
  return {};
}

Result<void> ArtifactStore::prove_program(const std::vector<std::string>& argv, const Artifact& artifact,
                                          const std::string& tree) {
  KEELSON_TRY(const auto output, commands_.run(argv, {.environment = environment_of(artifact, tree)}));
  if (output.status == 0) return {};
  return fail(fmt::format("{} was unpacked but does not run", artifact.id), argv[argv.size() - 2], tail(output),
              "keelson needs Debian 12; please report the line above");
}

Result<void> ArtifactStore::prove(const Artifact& artifact, const std::string& tree) {
  const std::string flag(artifact.version_flag);
  KEELSON_CHECK(prove_program({fmt::format("{}/{}", tree, artifact.program), flag}, artifact, tree));
  for (const std::string_view package : artifact.packages) {
    // A requested package that is a Python program (patroni) runs by the machine's interpreter.
    const std::string script = fmt::format("{}/usr/bin/{}", tree, package);
    KEELSON_TRY(const auto found, files_.info(script));
    if (!found || found->kind != FileKind::regular || found->size > 65536) continue;
    KEELSON_TRY(const std::string text, files_.read(script));
    if (!text.starts_with("#!/usr/bin/python3")) continue;
    KEELSON_TRY(const auto python, files_.info("/usr/bin/python3"));
    if (!python) {
      return fail_as(ErrorCode::preflight_refused, "Python is missing", "/usr/bin/python3",
                     fmt::format("{} is a Python program", package), "apt-get install python3");
    }
    KEELSON_CHECK(prove_program({"/usr/bin/python3", script, "--version"}, artifact, tree));
  }
  return {};
}

Result<Json> ArtifactStore::lock() {
  Json artifacts = Json::object();
  KEELSON_TRY(const auto there, files_.info(root_));
  if (there) {
    KEELSON_TRY(const auto names, files_.list(root_));
    for (const std::string& name : names) {
      if (name.starts_with(".")) continue;
      KEELSON_TRY(Json found, record(root_ + "/" + name));
      if (found.is_object()) artifacts.set(name, std::move(found));
    }
  }
  return Json::object().set("schema", "keelson.artifacts/v1").set("artifacts", std::move(artifacts));
}

Result<void> ArtifactStore::write_lock() {
  KEELSON_TRY(const Json all, lock());
  return files_.write(root_ + "/lock.json", all.dump(1) + "\n", 0644);
}

}  // namespace keelson
