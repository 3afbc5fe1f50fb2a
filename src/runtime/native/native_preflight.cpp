// What must be known before anything is started: whose the directories are, and whether an engine fits the data in them.
#include "runtime/native/native_runtime.h"

namespace keelson::native {
namespace {

/// Engines make no links there. Only the first level is looked at: what is deeper was made by whoever owns this one.
Errors entry_problems(Files& files, const std::string& directory, Owner owner) {
  Errors problems;
  const auto names = files.list(directory);
  if (!names) return {names.error()};
  for (const std::string& name : *names) {
    const std::string path = directory + "/" + name;
    const auto info = files.info(path);
    if (!info) problems.push_back(info.error());
    else if (*info && (*info)->kind == FileKind::symlink)
      problems.push_back({ErrorCode::preflight_refused, "is a symbolic link", path, "no engine makes one there",
                          "put what it points to in its place; keelson never follows links out of its state directory"});
    else if (*info && !owned_by(**info, owner)) problems.push_back(foreign_owner(path, **info, owner));
  }
  return problems;
}

}  // namespace

Errors NativeRuntime::preflight(const Foundation& foundation) {
  Errors problems;
  const Site& site = layout_->site();
  if (const auto root = machine_.files.info(layout_->member_root()); root && *root && (*root)->kind != FileKind::directory)
    return {not_a_directory(layout_->member_root(), **root)};
  for (const auto& [component, member, instance] : instances_of(foundation)) {
    Owner owner;
    if (const auto uid = site.uids.find(component->name); site.root && uid != site.uids.end()) owner.uid = uid->second;
    Errors found = directory_problems(machine_.files, *instance, owner);
    const auto data = machine_.files.info(instance->place.data);
    const bool engine = !instance->artifact.empty();  // a program of the user's own may keep what it likes
    if (found.empty() && engine && data && *data) found = entry_problems(machine_.files, instance->place.data, owner);
    if (found.empty() && component->kind->verbs.preflight != nullptr) found = component->kind->verbs.preflight(machine_.files, *component, *member);
    problems.insert(problems.end(), found.begin(), found.end());
  }
  return problems;
}

}  // namespace keelson::native
