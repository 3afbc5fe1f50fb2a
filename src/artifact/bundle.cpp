#include <fmt/format.h>

#include "artifact/lock.h"
#include "artifact/store.h"

// Bundles: the trees of a store as one tar file, carried to machines without network.

namespace keelson {
namespace {

constexpr int kTarTimeoutMs = 1'800'000;

Result<void> tar(Commands& commands, std::vector<std::string> arguments, const std::string& path) {
  arguments.insert(arguments.begin(), {"tar", "--force-local"});  // a colon in the path names no other machine
  KEELSON_TRY(const auto output, commands.run(arguments, {.timeout_ms = kTarTimeoutMs}));
  if (output.status == 0) return {};
  return fail("tar did not succeed", path, output.err.substr(0, 400), "check the file and the free disk space");
}

bool is_tree_name(std::string_view name) {
  return !name.empty() && name[0] != '.' && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos;
}

}  // namespace

Result<void> ArtifactStore::export_bundle(const std::string& path) {
  KEELSON_TRY(const Json all, lock());
  if (all["artifacts"].members().empty()) {
    return fail("there is nothing to export", root_, "no artifact is here", "run `keelson artifacts fetch` first");
  }
  // Whole or not at all: written beside the target under another name first.
  const std::string partial = path + ".partial";
  std::vector<std::string> arguments = {"--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-C", root_,
                                        "-cf", partial, "--"};
  for (const auto& [name, record] : all["artifacts"].members()) arguments.push_back(name);
  if (auto made = tar(commands_, std::move(arguments), path); !made) {
    (void)files_.remove(partial);
    return made;
  }
  return files_.rename(partial, path);
}

Result<void> ArtifactStore::import_bundle(const std::string& path) {
  KEELSON_TRY(const auto file, files_.info(path));
  if (!file || file->kind != FileKind::regular) return fail("no such bundle", path);
  KEELSON_CHECK(prepare());
  KEELSON_TRY(const StoreLock held, StoreLock::take(root_ + "/.lock", [] {}));
  KEELSON_CHECK(clean_leftovers());
  const std::string fresh = root_ + "/.new-import";
  KEELSON_CHECK(files_.make_directory(fresh, 0755));
  // tar refuses names that lead out of the directory; owners and set-id bits of the file mean nothing here.
  KEELSON_CHECK(tar(commands_, {"--no-same-owner", "--no-same-permissions", "-C", fresh, "-xf", path}, path));
  KEELSON_TRY(const auto names, files_.list(fresh));
  for (const std::string& name : names) {
    const auto refuse = [&](std::string why) { return fail("this is not a bundle of artifacts", path + ": " + name, std::move(why)); };
    if (!is_tree_name(name)) return refuse("the name is not one of a tree");
    KEELSON_TRY(const auto kind, files_.info(fresh + "/" + name));
    if (!kind || kind->kind != FileKind::directory) return refuse("it is not a directory");
    KEELSON_TRY(const Json found, record(fresh + "/" + name));
    if (found["id"].as_string() + "-" + found["series"].as_string() != name) return refuse("its record does not belong to it");
  }
  for (const std::string& name : names) {
    KEELSON_TRY(const Json existing, record(root_ + "/" + name));
    if (existing.is_object()) continue;  // never replace a tree that engines may be running from
    KEELSON_CHECK(files_.remove_tree(root_ + "/" + name));
    KEELSON_CHECK(files_.rename(fresh + "/" + name, root_ + "/" + name));
  }
  KEELSON_CHECK(files_.remove_tree(fresh));
  return write_lock();
}

}  // namespace keelson
