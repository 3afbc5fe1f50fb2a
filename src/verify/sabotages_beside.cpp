#include <algorithm>

#include "system/files.h"
#include "verify/damage.h"

namespace keelson::damages {
namespace {

/// Whom a harm is done to, by name: "instances" of the record.
Json victims(const std::vector<std::string>& instances) {
  Json names = Json::array();
  for (const std::string& name : instances) names.push(name);
  return Json::object().set("instances", std::move(names));
}

Result<std::vector<PlacedInstance>> victims_in(const Foundation& foundation, const Json& record) {
  std::vector<PlacedInstance> out;
  const std::vector<PlacedInstance> all = instances_of(foundation);
  for (const Json& name : record["instances"].items()) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const PlacedInstance& one) { return one.instance->name == name.as_string(); });
    if (found == all.end()) return fail("the damaged instance is no longer in the foundation", name.as_string());
    out.push_back(*found);
  }
  return out;
}

template <Harm harm>
Result<Json> may(CheckContext& context, Json record) {
  KEELSON_TRY(const auto placed, victims_in(context.foundation, record));
  for (const PlacedInstance& one : placed) KEELSON_CHECK(context.runtime.may_harm(context.foundation, harm, one));
  return record;
}

template <Harm harm>
Result<void> damage(CheckContext& context, const Json& record) {
  KEELSON_TRY(const auto placed, victims_in(context.foundation, record));
  for (const PlacedInstance& one : placed) KEELSON_CHECK(context.runtime.harm(context.foundation, harm, one));
  return {};
}

/// One that the blueprint no longer has took its damage along, except for what a runtime keeps apart from instances: any other stands in for that.
template <Harm harm>
Result<void> repair(CheckContext& context, const Json& record) {
  const std::vector<PlacedInstance> all = instances_of(context.foundation);
  Result<void> out;
  for (const Json& name : record["instances"].items()) {
    auto found = std::find_if(all.begin(), all.end(), [&](const PlacedInstance& one) { return one.instance->name == name.as_string(); });
    if (found == all.end() && (harm == Harm::opened || harm == Harm::privileged)) found = all.begin();
    if (found == all.end()) continue;
    if (auto healed = context.runtime.heal(context.foundation, harm, *found); !healed && out) out = std::move(healed);
  }
  return out;
}

/// Any instance with a file that its engine reads only when told to.
template <Harm harm>
Result<Json> choose_any(CheckContext& context) {
  for (const char* kind : {"pgbouncer", "redis", "haproxy"})
    for (const Component& component : context.foundation.components)
      if (component.kind->name == kind && !component.members.empty()) return may<harm>(context, victims({component.members.back().instances.front().name}));
  return not_here("the foundation has no member with files");
}

/// A member whose loss its component does not feel: one of several poolers.
Result<Json> choose_spare(CheckContext& context) {
  for (const Component& component : context.foundation.components)
    if (component.kind->name == "pgbouncer" && component.members.size() > 1) return may<Harm::halted>(context, victims({component.members.front().instances.front().name}));
  return not_here("the foundation has no second pooler");
}

Result<Json> choose_sentinels(CheckContext& context) {
  KEELSON_TRY(const clients::RedisView view, first_redis(context.foundation));
  const Component* sentinels = view.sentinels;
  if (sentinels == nullptr) return not_here(view.component->name + " has no Sentinels");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < 2 && i < sentinels->members.size(); ++i) names.push_back(sentinels->members[i].instances.front().name);
  return may<Harm::halted>(context, victims(names));
}

std::string leaky_log(CheckContext& context) { return context.state_dir + "/log/sabotage.log"; }

Result<Json> choose_secret(CheckContext& context) {
  if (context.foundation.secrets.empty()) return not_here("the foundation has no secrets");
  return Json::object().set("secret", context.foundation.secrets.front().name);
}

Result<void> log_secret(CheckContext& context, const Json& record) {
  KEELSON_TRY(const Secret secret, context.runtime.world().secret(record["secret"].as_string()));
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_TRY(const auto folder, files.info(context.state_dir + "/log"));
  if (!folder) KEELSON_CHECK(files.make_directory(context.state_dir + "/log", 0700));
  return files.write(leaky_log(context), "password=" + std::string(secret.reveal()) + "\n", 0600);
}

Result<void> remove_log(CheckContext& context, const Json&) {
  RealFiles files;
  return files.remove(leaky_log(context));
}

}  // namespace

const Deed<CheckContext> kTwoSentinelsAway{choose_sentinels, damage<Harm::halted>, repair<Harm::halted>};
const Deed<CheckContext> kOpenWay{choose_any<Harm::opened>, damage<Harm::opened>, repair<Harm::opened>};
const Deed<CheckContext> kMorePrivileges{choose_any<Harm::privileged>, damage<Harm::privileged>, repair<Harm::privileged>};
const Deed<CheckContext> kSecretInLog{choose_secret, log_secret, remove_log};
const Deed<CheckContext> kEditedFile{choose_any<Harm::edited>, damage<Harm::edited>, repair<Harm::edited>};
const Deed<CheckContext> kStoppedMember{choose_spare, damage<Harm::halted>, repair<Harm::halted>};

}  // namespace keelson::damages
