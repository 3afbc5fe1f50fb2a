#include "verify/damage.h"

#include "system/files.h"

namespace keelson::damages {
namespace {

constexpr std::string_view kKept = ".before-sabotage";

std::string kept(const std::string& path) { return path + std::string(kKept); }

/// A copy with the same owner and mode, or new content under them.
Result<void> write_like(RealFiles& files, const std::string& like, const std::string& path, const std::string& content) {
  KEELSON_TRY(const auto info, files.info(like));
  if (!info) return fail("there is no such file", like);
  return files.write(path, content, info->mode, info->owner);
}

}  // namespace

Result<std::string> text_of(const std::string& path) {
  RealFiles files;
  return files.read(path, 16 << 20);
}

Result<void> replace_file(const std::string& path, const std::string& content) {
  RealFiles files;
  KEELSON_TRY(const auto copy, files.info(kept(path)));
  if (copy) return fail("a damage is still open", path, "its copy exists already", "keelson up repairs it");
  KEELSON_TRY(const std::string before, text_of(path));
  KEELSON_CHECK(write_like(files, path, kept(path), before));
  return write_like(files, path, path, content);
}

Result<void> put_back(const std::string& path) {
  RealFiles files;
  KEELSON_TRY(const auto copy, files.info(kept(path)));
  if (!copy) return {};
  return files.rename(kept(path), path);
}

Result<Victim> victim_of(CheckContext& context, const Json& record) {
  const std::string& name = record["member"].as_string();
  for (const Component& component : context.foundation.components)
    for (const Member& member : component.members)
      if (member.name == name) return Victim{&component, &member};
  return fail("the damaged member is no longer in the foundation", name);
}

Json record_of(const Member& member) { return Json::object().set("member", member.name); }

Result<void> reload(CheckContext& context, const Victim& victim) {
  const auto verb = victim.component->kind->verbs.reload;
  if (verb == nullptr) return fail_as(ErrorCode::not_supported, "cannot reload", victim.member->name);
  for (const Instance& instance : victim.member->instances)
    KEELSON_CHECK(verb(context.runtime.world(), context.foundation, *victim.component, *victim.member, instance.name));
  return {};
}

tl::unexpected<Error> not_here(const std::string& why) { return fail_as(ErrorCode::not_supported, "nothing to damage", {}, why); }

}  // namespace keelson::damages
