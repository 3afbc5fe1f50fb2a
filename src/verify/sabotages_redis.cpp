// What an administrator of Redis can do wrong by its own commands, from wherever clients are.
#include "client/client.h"
#include "system/digest.h"
#include "verify/damage.h"

namespace keelson::damages {
namespace {

using clients::ask;
using clients::RedisView;

/// Not in the inventory of any kind.
constexpr int kStrayPort = 6390;

Result<RespClient> call(ClientContext& context, const Member& member) {
  const Probe& probe = member.instances.front().ready;
  return clients::open_redis(context.world, clients::target_of(context.foundation, member, probe.port), probe.user, probe.secret);
}

/// A replica where there is one: no client's write depends on it.
Result<Json> choose_replica(ClientContext& context) {
  KEELSON_TRY(const RedisView view, first_redis(context.foundation));
  for (const Member& member : view.component->members) {
    KEELSON_TRY(RespClient client, call(context, member));
    KEELSON_TRY(const RespValue role, ask(client, {"ROLE"}));
    if (role.text_at(0) == "slave" || view.component->members.size() == 1) return record_of(member);
  }
  return not_here(view.component->name + " shows no replica");
}

Result<void> command(ClientContext& context, const Json& record, const std::vector<std::string>& words) {
  KEELSON_TRY(const Victim victim, victim_of(context.foundation, record));
  KEELSON_TRY(RespClient client, call(context, *victim.member));
  KEELSON_CHECK(ask(client, words));
  return {};
}

// --- RD-2, RD-4, NE-2: CONFIG SET -----------------------------------------------------------------------------------------

Result<void> config_set(ClientContext& context, const Json& record, const std::string& name, const std::string& value) { return command(context, record, {"CONFIG", "SET", name, value}); }

Result<void> config_restore(ClientContext& context, const Json& record, const std::string& name) {
  KEELSON_TRY(const Victim victim, victim_of(context.foundation, record));
  const auto& wanted = victim.member->instances.front().live_settings;
  const auto found = wanted.find(name);
  if (found == wanted.end()) return fail("the blueprint does not say " + name, victim.member->name);
  return config_set(context, record, name, found->second);
}

Result<void> unguard(ClientContext& context, const Json& record) { return config_set(context, record, "min-replicas-to-write", "0"); }
Result<void> guard(ClientContext& context, const Json& record) { return config_restore(context, record, "min-replicas-to-write"); }
Result<void> append_off(ClientContext& context, const Json& record) { return config_set(context, record, "appendonly", "no"); }
Result<void> append_on(ClientContext& context, const Json& record) { return config_restore(context, record, "appendonly"); }
Result<void> open_plaintext(ClientContext& context, const Json& record) { return config_set(context, record, "port", std::to_string(kStrayPort)); }
Result<void> close_plaintext(ClientContext& context, const Json& record) { return config_set(context, record, "port", "0"); }

// --- RD-3, DE-2: ACL SETUSER; the file of users is as it was, and is read again ---------------------------------------------

/// While its default user needs no password Redis takes nobody from elsewhere, unless it is told to.
Result<void> protect(ClientContext& context, const Json& record, const std::string& yes) { return config_set(context, record, "protected-mode", yes); }

Result<void> change_users(ClientContext& context, const Json& record, const std::vector<std::string>& words) {
  KEELSON_TRY(const Victim victim, victim_of(context.foundation, record));
  const clients::Target target = clients::target_of(context.foundation, *victim.member, victim.member->instances.front().ready.port);
  KEELSON_TRY(RespClient client, clients::open_redis(context.world, target, "admin", victim.component->name + "/admin"));
  KEELSON_CHECK(ask(client, words));
  return {};
}

Result<void> open_default(ClientContext& context, const Json& record) {
  KEELSON_CHECK(protect(context, record, "no"));
  return change_users(context, record, {"ACL", "SETUSER", "default", "on", "nopass", "resetchannels", "-@all", "+ping"});
}
Result<void> restore_users(ClientContext& context, const Json& record) { return change_users(context, record, {"ACL", "LOAD"}); }
/// Whoever came in meanwhile goes before the user has rights again: ACL LOAD ends the connections of all users but this one (Redis 7.0, acl.c).
Result<void> close_default(ClientContext& context, const Json& record) {
  KEELSON_CHECK(change_users(context, record, {"ACL", "SETUSER", "default", "off", "resetpass"}));
  KEELSON_CHECK(change_users(context, record, {"CLIENT", "KILL", "USER", "default"}));
  KEELSON_CHECK(restore_users(context, record));
  return protect(context, record, "yes");
}

Result<Json> choose_all(ClientContext& context) {
  KEELSON_TRY(const RedisView view, first_redis(context.foundation));
  return Json::object().set("component", view.component->name);
}

Result<void> on_each(ClientContext& context, const Json& record, Result<void> (*work)(ClientContext&, const Json&)) {
  const Component* component = find_component(context.foundation, record["component"].as_string());
  if (component == nullptr) return fail("no such component", record["component"].as_string());
  Result<void> out;  // one that cannot be reached keeps no other waiting
  for (const Member& member : component->members)
    if (auto done = work(context, record_of(member)); !done && out) out = std::move(done);
  return out;
}

/// A password nobody was told.
Result<void> change_one(ClientContext& context, const Json& record) {
  return change_users(context, record, {"ACL", "SETUSER", "app", "resetpass", "#" + sha256_hex("keelson sabotage " + record["member"].as_string())});
}
Result<void> change_password(ClientContext& context, const Json& record) { return on_each(context, record, change_one); }
Result<void> restore_password(ClientContext& context, const Json& record) { return on_each(context, record, restore_users); }

}  // namespace

const Deed<ClientContext> kUnguardedWrites{choose_replica, unguard, guard};
const Deed<ClientContext> kOpenDefaultUser{choose_replica, open_default, close_default};
const Deed<ClientContext> kNoAppendOnly{choose_replica, append_off, append_on};
const Deed<ClientContext> kPlaintextListener{choose_replica, open_plaintext, close_plaintext};
const Deed<ClientContext> kOtherPassword{choose_all, change_password, restore_password};

}  // namespace keelson::damages
