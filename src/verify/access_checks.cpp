#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>

#include "client/client.h"
#include "model/layout.h"
#include "plan/plan.h"
#include "verify/checks.h"
#include "verify/container_checks.h"
#include "verify/leak_scan.h"
#include "verify/procfs.h"

namespace keelson::checks {
namespace {

std::string octal(unsigned mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode);
  return text.data();
}

/// "" when the process has exactly the rights of its component, else what it has.
std::string excess_of(int pid, int uid) {
  const auto rights = parse_rights(read_proc("/proc/" + std::to_string(pid) + "/status"));
  if (!rights) return {};  // it ended meanwhile
  if (rights->uid != uid) return "runs as uid " + std::to_string(rights->uid) + ", not " + std::to_string(uid);
  return privileges_of(*rights);
}

/// "" when the directory is the user's alone, else what is wrong.
std::string fault_of_directory(const std::string& path, int uid) {
  struct stat facts{};
  if (lstat(path.c_str(), &facts) != 0) return path + " is missing";
  if (!S_ISDIR(facts.st_mode)) return path + " is no directory";
  if (static_cast<int>(facts.st_uid) != uid) return path + " belongs to uid " + std::to_string(facts.st_uid) + ", not " + std::to_string(uid);
  const unsigned mode = facts.st_mode & 07777;
  return mode == 0700 ? std::string() : path + " has mode " + octal(mode);
}

/// Each component's uid; an error when two share one.
Result<std::map<std::string, int>> component_uids(CheckContext& context) {
  std::map<std::string, int> out;
  std::map<int, std::string> taken;
  for (const Component& component : context.foundation.components) {
    if (component.members.empty()) continue;
    const std::string user = context.runtime.layout().user(component.name);
    const passwd* entry = getpwnam(user.c_str());
    if (entry == nullptr) return fail("no such user", user, component.name + " should run as it", "keelson up makes it");
    const int uid = static_cast<int>(entry->pw_uid);
    if (uid == 0) return fail("a component runs as root", component.name);
    const auto [other, fresh] = taken.emplace(uid, component.name);
    if (!fresh) return fail("two components share a user", component.name, user + " is also " + other->second + "'s");
    out[component.name] = uid;
  }
  return out;
}

std::map<std::string, std::string> component_of_instance(const Foundation& foundation) {
  std::map<std::string, std::string> out;
  for (const PlacedInstance& placed : instances_of(foundation)) out[placed.instance->name] = placed.component->name;
  return out;
}

Result<int> tried_processes(CheckContext& context, const std::map<std::string, int>& uids) {
  const auto components = component_of_instance(context.foundation);
  KEELSON_TRY(const std::vector<InstanceStatus> status, context.runtime.status());
  int tried = 0;
  for (const InstanceStatus& instance : status) {
    const auto component = components.find(instance.name);
    if (component == components.end()) continue;
    for (const int pid : instance.pids) {
      const std::string more = excess_of(pid, uids.at(component->second));
      if (!more.empty()) return fail(instance.name + ", pid " + std::to_string(pid) + ", " + more, {}, {}, "keelson up starts it again as it should be");
      ++tried;
    }
  }
  if (tried == 0) return fail("no process of the foundation can be seen", {}, {}, "keelson up");
  return tried;
}

Result<int> tried_directories(CheckContext& context, const std::map<std::string, int>& uids) {
  int tried = 0;
  for (const PlacedInstance& placed : instances_of(context.foundation)) {
    const Place& place = placed.instance->place;
    for (const std::string& path : {place.home, place.config, place.tls, place.data, place.run}) {
      if (path.empty()) continue;
      const std::string fault = fault_of_directory(path, uids.at(placed.component->name));
      if (!fault.empty()) return fail(fault, {}, {}, "keelson up puts modes right");
      ++tried;
    }
  }
  return tried;
}

/// Every secret of the foundation with its bytes; missing ones are not an error here.
std::vector<NamedSecret> all_secrets(CheckContext& context) {
  std::vector<NamedSecret> out;
  for (const SecretSpec& spec : context.foundation.secrets)
    if (auto value = context.runtime.world().secret(spec.name)) out.push_back({spec.name, std::move(*value)});
  return out;
}

void note(std::vector<std::string>& found, const std::vector<std::string>& names, const std::string& where) {
  for (const std::string& name : names) found.push_back(name + " in " + where);
}

/// Command lines of every process of the machine; environments of the foundation's and of keelson's own.
void scan_processes(CheckContext& context, const std::vector<NamedSecret>& secrets, std::vector<std::string>& found) {
  std::set<int> own;
  if (const auto status = context.runtime.status())
    for (const InstanceStatus& instance : *status) own.insert(instance.pids.begin(), instance.pids.end());
  for (const int pid : all_pids()) {
    const std::string directory = "/proc/" + std::to_string(pid);
    note(found, secrets_in(read_proc(directory + "/cmdline"), secrets), directory + "/cmdline");
    // A user's own shell may hold what `keelson env` printed into it: that is his to keep, and this process may be its child.
    const bool ours = own.contains(pid) || (pid != getpid() && read_proc(directory + "/comm").starts_with("keelson"));
    if (ours) note(found, secrets_in(read_proc(directory + "/environ"), secrets), directory + "/environ");
  }
}

void scan_files(CheckContext& context, const std::vector<NamedSecret>& secrets, std::vector<std::string>& found) {
  std::set<std::string> paths;
  for (std::string& path : all_files(context.state_dir + "/log")) paths.insert(std::move(path));
  for (std::string& path : world_readable_files(context.state_dir)) paths.insert(std::move(path));
  paths.insert(context.state_dir + "/access-info.txt");
  for (const std::string& path : paths) note(found, secrets_in_file(path, secrets), path);
}

/// What people see: the plan, and the command lines and files in it as references only.
Result<void> scan_plan(CheckContext& context, const std::vector<NamedSecret>& secrets, std::vector<std::string>& found) {
  KEELSON_TRY(const Observed observed, context.runtime.observe(context.foundation));
  note(found, secrets_in(plan_json(context.foundation, make_plan(context.foundation, observed)).dump(), secrets), "keelson plan");
  for (const PlacedInstance& placed : instances_of(context.foundation)) {
    const Instance& instance = *placed.instance;
    note(found, secrets_in(joined(instance.command, " "), secrets), "the command of " + instance.name);
    for (const ConfigFile& file : instance.files) note(found, secrets_in(file.content.redacted(), secrets), instance.name + "'s rendered " + file.path);
  }
  return {};
}

}  // namespace

Result<Finding> least_privilege_processes(CheckContext& context) {
  if (context.runtime.isolation() != Isolation::users) return container_rights(context);
  if (geteuid() != 0) return skipped("needs root: an ordinary user runs every component under its own uid, so nothing keeps them apart");
  KEELSON_TRY(const auto uids, component_uids(context));
  KEELSON_TRY(const int processes, tried_processes(context, uids));
  KEELSON_TRY(const int directories, tried_directories(context, uids));
  return passed(std::to_string(processes) + " processes under " + std::to_string(uids.size()) + " users, without capabilities, no_new_privs set; " +
                std::to_string(directories) + " directories 0700 and their own");
}

Result<Finding> no_leaked_secret(CheckContext& context) {
  const std::vector<NamedSecret> secrets = all_secrets(context);
  if (secrets.empty()) return skipped("the foundation has no secrets");
  std::vector<std::string> found;
  scan_processes(context, secrets, found);
  scan_files(context, secrets, found);
  KEELSON_TRY(const std::string told, context.runtime.told());
  note(found, secrets_in(told, secrets), "what the container engine tells");
  KEELSON_CHECK(scan_plan(context, secrets, found));
  if (!found.empty()) return failed("secret " + joined(found, "; "), "remove it there, then rotate the secret");
  return passed(std::to_string(secrets.size()) + " secrets looked for in command lines, environments, logs, world-readable files, the plan and the access sheet: none found");
}

}  // namespace keelson::checks
