#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "client/client.h"
#include "runtime/native/firewall.h"
#include "system/files.h"
#include "verify/damage.h"

namespace keelson::damages {
namespace {

/// A member whose loss its component does not feel: one of several poolers, else one of several replicas.
Result<Json> choose_spare(CheckContext& context) {
  for (const Component& component : context.foundation.components)
    if (component.kind->name == "pgbouncer" && component.members.size() > 1)
      return record_of(component.members.front()).set("instance", component.members.front().instances.front().name);
  return not_here("the foundation has no second pooler");
}

/// Any member with a file that its engine reads only when told to.
Result<Json> choose_any(CheckContext& context) {
  for (const char* kind : {"pgbouncer", "redis", "haproxy"})
    for (const Component& component : context.foundation.components)
      if (component.kind->name == kind && !component.members.empty()) return record_of(component.members.back());
  return not_here("the foundation has no member with files");
}

Result<void> set_mode(CheckContext& context, const Json& record, mode_t mode) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  const std::string& path = victim.member->instances.front().place.data;
  if (chmod(path.c_str(), mode) != 0) return fail("cannot change the mode", path, std::strerror(errno));
  return {};
}
Result<Json> choose_directory(CheckContext& context) {
  if (geteuid() != 0) return not_here("AC-1 is only tried as root");
  return choose_any(context);
}
Result<void> open_directory(CheckContext& context, const Json& record) { return set_mode(context, record, 0755); }
Result<void> close_directory(CheckContext& context, const Json& record) { return set_mode(context, record, 0700); }

Result<Json> choose_policy(CheckContext& context) {
  KEELSON_TRY(const ObservedNetwork network, context.runtime.network(context.foundation));
  if (network.state != NetworkState::current) return not_here(network.why.empty() ? "no network policy is in force" : network.why);
  return Json::object().set("table", network.table);
}

Result<void> delete_policy(CheckContext&, const Json& record) { return native::load_rules("delete table inet " + record["table"].as_string()); }

/// What `up` would do about it.
Result<void> load_policy(CheckContext& context, const Json&) {
  return context.runtime.execute(context.foundation, {.id = "network", .action = Action::network}, [](const std::string&) {});
}

std::string leaky_log(CheckContext& context) { return context.state_dir + "/log/sabotage.log"; }

Result<Json> choose_secret(CheckContext& context) {
  if (context.foundation.secrets.empty()) return not_here("the foundation has no secrets");
  return Json::object().set("secret", context.foundation.secrets.front().name);
}

Result<void> log_secret(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Secret secret, context.runtime.world().secret(record["secret"].as_string()));
  RealFiles files;
  return files.write(leaky_log(context), "password=" + std::string(secret.reveal()) + "\n", 0600, {});
}

Result<void> remove_log(CheckContext& context, const Json&) {
  RealFiles files;
  return files.remove(leaky_log(context));
}

std::string edited_file(const Victim& victim) {
  const Instance& instance = victim.member->instances.front();
  return instance.place.config + "/" + instance.files.front().path;
}

Result<void> edit(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_TRY(const std::string text, text_of(edited_file(victim)));
  return replace_file(edited_file(victim), text + "# edited by hand\n");
}

Result<void> undo_edit(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  return put_back(edited_file(victim));
}

Result<void> halt(CheckContext& context, const Json& record) { return context.runtime.world().signal(record["instance"].as_string(), SIGSTOP); }
Result<void> resume(CheckContext& context, const Json& record) { return context.runtime.world().signal(record["instance"].as_string(), SIGCONT); }

}  // namespace

const Deed kNoPolicy{choose_policy, delete_policy, load_policy};
const Deed kOpenDirectory{choose_directory, open_directory, close_directory};
const Deed kSecretInLog{choose_secret, log_secret, remove_log};
const Deed kEditedFile{choose_any, edit, undo_edit};
const Deed kStoppedMember{choose_spare, halt, resume};

}  // namespace keelson::damages
