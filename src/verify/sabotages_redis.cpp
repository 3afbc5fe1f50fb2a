#include <csignal>

#include "client/client.h"
#include "system/digest.h"
#include "verify/damage.h"

namespace keelson::damages {
namespace {

using clients::ask;
using clients::redis_of;
using clients::RedisView;

/// Not in the inventory of any kind.
constexpr int kStrayPort = 6390;

Result<RedisView> first_redis(CheckContext& context) {
  const auto all = redis_of(context.foundation);
  if (all.empty()) return not_here("the foundation has no Redis");
  return all.front();
}

Result<RespClient> call(CheckContext& context, const Member& member) {
  const Probe& probe = member.instances.front().ready;
  return clients::open_redis(context.runtime.world(), clients::target_of(context.foundation, member, probe.port), probe.user, probe.secret);
}

/// A replica where there is one: no client's write depends on it.
Result<Json> choose_replica(CheckContext& context) {
  KEELSON_TRY(const RedisView view, first_redis(context));
  for (const Member& member : view.component->members) {
    KEELSON_TRY(RespClient client, call(context, member));
    KEELSON_TRY(const RespValue role, ask(client, {"ROLE"}));
    if (role.text_at(0) == "slave" || view.component->members.size() == 1) return record_of(member);
  }
  return not_here(view.component->name + " shows no replica");
}

Result<void> config_set(CheckContext& context, const Json& record, const std::string& name, const std::string& value) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_TRY(RespClient client, call(context, *victim.member));
  KEELSON_CHECK(ask(client, {"CONFIG", "SET", name, value}));
  return {};
}

Result<void> config_restore(CheckContext& context, const Json& record, const std::string& name) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  const auto& wanted = victim.member->instances.front().live_settings;
  const auto found = wanted.find(name);
  if (found == wanted.end()) return fail("the blueprint does not say " + name, victim.member->name);
  return config_set(context, record, name, found->second);
}

// --- RD-1: two Sentinels stand still --------------------------------------------------------------------------------------

Result<Json> choose_sentinels(CheckContext& context) {
  KEELSON_TRY(const RedisView view, first_redis(context));
  if (view.sentinels == nullptr) return not_here(view.component->name + " has no Sentinels");
  Json names = Json::array();
  for (std::size_t i = 0; i < 2 && i < view.sentinels->members.size(); ++i) names.push(view.sentinels->members[i].instances.front().name);
  return Json::object().set("instances", std::move(names));
}

Result<void> signal_each(CheckContext& context, const Json& record, int number) {
  for (const Json& instance : record["instances"].items()) KEELSON_CHECK(context.runtime.world().signal(instance.as_string(), number));
  return {};
}
Result<void> halt(CheckContext& context, const Json& record) { return signal_each(context, record, SIGSTOP); }
Result<void> resume(CheckContext& context, const Json& record) { return signal_each(context, record, SIGCONT); }

// --- RD-2, RD-4, NE-2: CONFIG SET -----------------------------------------------------------------------------------------

Result<void> unguard(CheckContext& context, const Json& record) { return config_set(context, record, "min-replicas-to-write", "0"); }
Result<void> guard(CheckContext& context, const Json& record) { return config_restore(context, record, "min-replicas-to-write"); }
Result<void> append_off(CheckContext& context, const Json& record) { return config_set(context, record, "appendonly", "no"); }
Result<void> append_on(CheckContext& context, const Json& record) { return config_restore(context, record, "appendonly"); }
Result<void> open_plaintext(CheckContext& context, const Json& record) { return config_set(context, record, "port", std::to_string(kStrayPort)); }
Result<void> close_plaintext(CheckContext& context, const Json& record) { return config_set(context, record, "port", "0"); }

// --- RD-3, DE-2: the file of users -------------------------------------------------------------------------------------------

std::string users_file(const Victim& victim) { return victim.member->instances.front().place.config + "/users.acl"; }

/// The file with the line of `user` replaced.
Result<std::string> with_line(const std::string& path, const std::string& user, const std::string& line) {
  KEELSON_TRY(std::string text, text_of(path));
  const std::string head = "user " + user + " ";
  const std::size_t at = text.starts_with(head) ? 0 : text.find("\n" + head);
  if (at == std::string::npos) return fail("there is no user " + user, path);
  const std::size_t begin = at == 0 ? 0 : at + 1;
  text.replace(begin, text.find('\n', begin) - begin, line);
  return text;
}

Result<void> open_default(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_TRY(const std::string users, with_line(users_file(victim), "default", "user default on nopass resetchannels -@all +ping"));
  KEELSON_CHECK(replace_file(users_file(victim), users));
  return reload(context, victim);
}

Result<void> restore_users(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  KEELSON_CHECK(put_back(users_file(victim)));
  return reload(context, victim);
}

Result<Json> choose_all(CheckContext& context) {
  KEELSON_TRY(const RedisView view, first_redis(context));
  return Json::object().set("component", view.component->name);
}

Result<void> on_each(CheckContext& context, const Json& record, Result<void> (*work)(CheckContext&, const Json&)) {
  const Component* component = find_component(context.foundation, record["component"].as_string());
  if (component == nullptr) return fail("no such component", record["component"].as_string());
  for (const Member& member : component->members) KEELSON_CHECK(work(context, record_of(member)));
  return {};
}

/// A password nobody was told.
Result<void> change_one(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Victim victim, victim_of(context, record));
  const std::string other = sha256_hex("keelson sabotage " + victim.member->name);
  KEELSON_TRY(const std::string users, with_line(users_file(victim), "app", "user app on #" + other + " ~* &* +@all -@admin -@dangerous +info"));
  KEELSON_CHECK(replace_file(users_file(victim), users));
  return reload(context, victim);
}
Result<void> change_password(CheckContext& context, const Json& record) { return on_each(context, record, change_one); }
Result<void> restore_password(CheckContext& context, const Json& record) { return on_each(context, record, restore_users); }

}  // namespace

const Deed kTwoSentinelsAway{choose_sentinels, halt, resume};
const Deed kUnguardedWrites{choose_replica, unguard, guard};
const Deed kOpenDefaultUser{choose_replica, open_default, restore_users};
const Deed kNoAppendOnly{choose_replica, append_off, append_on};
const Deed kPlaintextListener{choose_replica, open_plaintext, close_plaintext};
const Deed kOtherPassword{choose_all, change_password, restore_password};

}  // namespace keelson::damages
