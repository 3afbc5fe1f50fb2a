#include "verify/damage.h"

namespace keelson::damages {

Result<clients::PostgresqlView> first_postgresql(const Foundation& foundation) {
  const auto all = clients::postgresql_of(foundation);
  if (all.empty()) return not_here("the foundation has no PostgreSQL");
  return all.front();
}

Result<clients::RedisView> first_redis(const Foundation& foundation) {
  const auto all = clients::redis_of(foundation);
  if (all.empty()) return not_here("the foundation has no Redis");
  return all.front();
}

Result<Victim> victim_of(const Foundation& foundation, const Json& record) {
  const std::string& name = record["member"].as_string();
  for (const Component& component : foundation.components)
    for (const Member& member : component.members)
      if (member.name == name) return Victim{&component, &member};
  return not_here("member " + name + " is no longer in the foundation");
}

Json record_of(const Member& member) { return Json::object().set("member", member.name); }

}  // namespace keelson::damages
