#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/opening.h"
#include "cli/replace_process.h"
#include "cli/verbs.h"
#include "components/catalog.h"

namespace keelson::cli {
namespace {

struct Found {
  const Component* component = nullptr;
  const Instance* instance = nullptr;
};

/// A member stands for its first instance.
Found find_by_name(const Foundation& foundation, const std::string& name) {
  for (const auto& [component, member, instance] : instances_of(foundation))
    if (instance->name == name || member->name == name) return {component, instance};
  return {};
}

/// Drops to `user` for good: groups first, because afterwards nobody may set them.
Result<void> become_user(const std::string& user) {
  if (::geteuid() != 0) return {};  // without root all components share the user who runs keelson
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) return fail("no such system user", user, {}, "run `keelson up` first");
  if (::setgroups(0, nullptr) != 0 || ::setresgid(entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 || ::setresuid(entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0)
    return fail("cannot become the member's user", user, std::strerror(errno));
  return {};
}

Result<void> become_command(Pipeline& pipeline, const ExecOptions& options) {
  if (options.command.empty()) return fail_as(ErrorCode::usage, "exec needs a command", {}, {}, "write it after `--`: keelson exec " + options.member + " -- id");
  const Found found = find_by_name(pipeline.foundation(), options.member);
  if (found.instance == nullptr) return fail_as(ErrorCode::usage, "no member '" + options.member + "'", {}, {}, "see `keelson status`");
  KEELSON_TRY(std::vector<std::string> inside, pipeline.exec_command(found.instance->name));
  if (!inside.empty()) {
    inside.insert(inside.end(), options.command.begin(), options.command.end());
    return unexpected(replace_process(inside, environment_with({})));
  }
  const Layout& layout = pipeline.runtime().layout();
  auto environment = found.instance->environment;
  const auto has = [&](std::string_view name) { for (const auto& [n, v] : environment) if (n == name) return true; return false; };
  if (!found.instance->artifact.empty())
    for (const auto& variable : layout.environment(found.instance->artifact))
      if (!has(variable.first)) environment.push_back(variable);
  if (!has("PATH")) environment.emplace_back("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
  if (!has("HOME")) environment.emplace_back("HOME", found.instance->place.home);
  if (const char* term = ::getenv("TERM"); term != nullptr && !has("TERM")) environment.emplace_back("TERM", term);
  KEELSON_CHECK(become_user(layout.user(found.component->name)));
  if (::chdir(found.instance->place.home.c_str()) != 0) return fail("cannot enter the member's directory", found.instance->place.home, std::strerror(errno));
  return unexpected(replace_process(options.command, environment));
}

Result<void> become_engine(LaunchOptions options) {
  if (options.command.empty()) return fail_as(ErrorCode::usage, "launch needs a program after `--`");
  const Kind* kind = find_kind(catalog(), options.kind);
  if (kind == nullptr) return fail_as(ErrorCode::usage, "no kind '" + options.kind + "'");
  if (kind->verbs.launch != nullptr) KEELSON_CHECK(kind->verbs.launch(options.place, options.command));
  return unexpected(replace_process(options.command, environment_with({})));
}

}  // namespace

int run(const ExecOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  return output.error(become_command(**pipeline, options).error());
}

int run(const LaunchOptions& options, Output& output) {
  return output.error(become_engine(options).error());
}

}  // namespace keelson::cli
