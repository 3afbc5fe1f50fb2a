#include <arpa/inet.h>

#include <array>
#include <charconv>

#include "components/redis/room.h"

namespace keelson::redis {
namespace {

/// "127.0.0.1:6379": an IPv4 address and a port.
Result<void> check_published(const std::string& setting, const std::string& place) {
  const std::size_t colon = place.rfind(':');
  const std::string address = place.substr(0, colon == std::string::npos ? 0 : colon);
  int port = 0;
  std::array<unsigned char, 16> bytes;
  const bool has_address = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  const char* end = place.data() + place.size();
  const auto [stop, error] = std::from_chars(place.data() + address.size() + 1, end, port);
  if (has_address && error == std::errc() && stop == end && port > 0 && port < 65'536) return {};
  return fail_as(ErrorCode::invalid_blueprint, setting + " has " + place, {}, "it is not an IPv4 address and a port", "write it like 127.0.0.1:6379");
}

Result<std::vector<std::string>> published(const Settings& settings, const std::string& name) {
  std::vector<std::string> places;
  if (!has(settings, name)) return places;
  for (const SettingValue& value : at(settings, name).list()) {
    if (value.text().find(':') == std::string::npos)
      return fail_as(ErrorCode::invalid_blueprint, name + " has " + value.text(), {}, "it has no port", "write it like 127.0.0.1:6379");
    KEELSON_CHECK(check_published(name, value.text()));
    places.push_back(value.text());
  }
  return places;
}

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
  KEELSON_TRY(shape.endpoints.back().publish, published(input.settings, "publish"));
  KEELSON_TRY(const auto replica_places, published(input.settings, "publish-replica"));
  if (watched) {
    shape.endpoints.push_back(endpoint(component, "replica", "slave"));
    shape.endpoints.back().read_only = true;
    shape.endpoints.back().spread = true;
    shape.endpoints.back().publish = replica_places;
  } else if (!replica_places.empty()) {
    return fail_as(ErrorCode::invalid_blueprint, "publish-replica is set", {}, "one member has no replicas", "remove it, or use 3 members");
  }
  add_secrets(component, input.settings, watched, shape);
  if (watched) add_sentinels(component, shape);
  shape.companions.push_back({component + "-endpoints", "haproxy", {}});
  shape.edges.push_back({component + "-endpoints", component, kPort, "clients through the endpoints, role checks"});
  return shape;
}

}  // namespace keelson::redis
