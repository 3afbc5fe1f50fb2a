#include "components/redis/room.h"

namespace keelson::redis {
namespace {

Endpoint endpoint(const std::string& component, const std::string& suffix, const std::string& role) {
  return {.name = component + "-" + suffix,
          .component = component,
          .port = kPort,
          .protocol = "redis",
          .check = {.protocol = RoleCheckProtocol::redis, .request = role, .user = "haproxy", .secret = secret_of(component, "haproxy")},
          .users = {{"app", secret_of(component, "app")}}};
}

void add_secrets(const std::string& component, const Settings& settings, bool watched, Shape& shape) {
  const auto add = [&](std::string_view user, std::string purpose) { shape.secrets.push_back({secret_of(component, user), std::move(purpose)}); };
  add("app", "Redis user app: applications");
  if (has(settings, "password")) shape.secrets.back().pinned = text(settings, "password");
  add("agent", "Redis and Sentinel user agent: keelson itself");
  add("admin", "Redis user admin: changes users while Redis runs; its password is in no member's files");
  add("haproxy", "Redis user haproxy: role checks of the endpoints");
  if (!watched) return;
  add("replica", "Redis user replica: replication between members");
  add("sentinel", "Redis user sentinel: the Sentinels");
  add("peer", "Sentinel user peer: the Sentinels among themselves");
  add("launch", "Sentinel user launch: members asking who is master before they start");
}

void add_sentinels(const std::string& component, Shape& shape) {
  const std::string sentinel = component + "-sentinel";
  Settings settings;
  settings.emplace("watches", SettingValue(component));
  shape.companions.push_back({sentinel, "redis-sentinel", std::move(settings)});
  shape.edges.push_back({component, component, kPort, "replication"});
  shape.edges.push_back({component, sentinel, kSentinelPort, "a member asks who is master before it starts"});
  shape.edges.push_back({sentinel, component, kPort, "Sentinels watch and promote"});
}

}  // namespace

Result<Shape> shape(const ShapeInput& input) {
  const std::string component(input.component);
  const std::int64_t members = number(input.settings, "members");
  const bool watched = members >= 3;
  if (members == 2)
    return fail_as(ErrorCode::invalid_blueprint, "members is 2", {},
                   "with two members the loss of either one stops writes, or loses them unseen: there is no safe majority",
                   "use 1 (no failover) or 3");
  if (has(input.settings, "min-replicas") && number(input.settings, "min-replicas") >= members)
    return fail_as(ErrorCode::invalid_blueprint, "min-replicas is " + std::to_string(number(input.settings, "min-replicas")), {},
                   "there are only " + std::to_string(members - 1) + " replicas, so no write would ever be taken",
                   "use fewer, at best members - 2, so that the loss of one member does not stop writes");

  Shape shape;
  for (std::int64_t i = 1; i <= members; ++i) {
    const std::string name = component + "-" + std::to_string(i);
    shape.members.push_back({name, {name}});
  }
  shape.endpoints.push_back(endpoint(component, "master", "master"));
  if (watched) {
    shape.endpoints.push_back(endpoint(component, "replica", "slave"));
    shape.endpoints.back().read_only = true;
    shape.endpoints.back().spread = true;
  }
  add_secrets(component, input.settings, watched, shape);
  if (watched) add_sentinels(component, shape);
  shape.companions.push_back({component + "-endpoints", "haproxy", {}});
  shape.edges.push_back({component + "-endpoints", component, kPort, "clients through the endpoints, role checks"});
  return shape;
}

}  // namespace keelson::redis
