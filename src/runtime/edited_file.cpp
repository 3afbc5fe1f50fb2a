#include "runtime/edited_file.h"

namespace keelson {
namespace {

std::string kept(const std::string& path) { return path + ".before-sabotage"; }

}  // namespace

Result<void> edit_by_hand(Files& files, const std::string& path) {
  KEELSON_TRY(const auto before, files.info(kept(path)));
  if (before) return fail("a damage is still open", path, "what was there before is still beside it", "keelson up repairs it");
  KEELSON_TRY(const auto info, files.info(path));
  if (!info) return fail("there is no such file", path);
  KEELSON_TRY(const std::string text, files.read(path));
  KEELSON_CHECK(files.rename(path, kept(path)));
  return files.write(path, text + "# edited by hand\n", info->mode, info->owner);
}

Result<void> undo_edit_by_hand(Files& files, const std::string& path) {
  KEELSON_TRY(const auto before, files.info(kept(path)));
  if (!before) return {};
  return files.rename(kept(path), path);
}

}  // namespace keelson
