#include "component/template.h"
#include "components/redis/room.h"
#include "redis_conf.h"

namespace keelson::redis {
namespace {

/// What Sentinels ask of each other (measured: sentinel.c of 7.0 sends nothing else to its peers).
constexpr std::string_view kPeerRights = "allchannels +ping +publish +client|setname +sentinel|is-master-down-by-addr";
constexpr std::string_view kAgentRights =
    "allchannels +ping +info +role +subscribe +psubscribe +acl|load +sentinel|get-master-addr-by-name +sentinel|master +sentinel|masters "
    "+sentinel|replicas +sentinel|sentinels +sentinel|ckquorum +sentinel|failover +sentinel|set";
constexpr std::string_view kLaunchRights = "resetchannels +ping +sentinel|get-master-addr-by-name +sentinel|master +sentinel|replicas";

/// Its configuration is its state: whom it watches, in which epoch.
constexpr std::int64_t kStateBytes = 16 << 20;

Text users(const std::string& owner) {
  Text out("user default off resetchannels -@all\n");
  out.add(acl_user(owner, "peer", kPeerRights)).add(acl_user(owner, "agent", kAgentRights)).add(acl_user(owner, "launch", kLaunchRights));
  return out;
}

/// In the words of SENTINEL MASTER, which are also those of SENTINEL SET.
std::map<std::string, std::string> live_settings(const Component& component) {
  const Settings& settings = component.settings;
  return {
      {"down-after-milliseconds", std::to_string(number(settings, "down-after"))},
      {"failover-timeout", std::to_string(number(settings, "failover-timeout"))},
      {"parallel-syncs", std::to_string(number(settings, "parallel-syncs"))},
      {"quorum", std::to_string(component.members.size() / 2 + 1)},
  };
}

/// Sentinel learns its master's replicas from INFO, every 10 s. One it has not met yet when the master dies would follow the
/// dead master for ever (measured: writes then wait for min-replicas), so the first ones are told to it.
std::string known_replicas(const Component& watched) {
  std::string out;
  for (const Member& member : watched.members)
    if (member.ordinal != 1) out += "sentinel known-replica " + watched.name + " " + member.address + " " + std::to_string(kPort) + "\n";
  return out;
}

/// Where members are reached by names, Sentinel passes on the names: what they lead to may change. Names must be allowed before one is given
/// (sentinel.c of 7.0, sentinelConfig.pre_monitor_cfg).
std::string names_text(const Member& member) {
  return listen_address(member) == member.address ? "" : "sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\n";
}

Result<Text> sentinel_conf(const Component& component, const Component& watched, const Member& member, const Place& place) {
  const auto live = live_settings(component);
  return fill("sentinel.conf", conf::redis::sentinel_conf,
              {{"member", member.name}, {"address", member.address}, {"listen", listen_address(member)}, {"names", names_text(member)}, {"port", std::to_string(kSentinelPort)}, {"tls", place.tls},
               {"config", place.config}, {"data", place.data},
               {"peer_password", SecretRef{secret_of(watched.name, "peer"), SecretForm::double_quoted}},
               {"master", watched.name}, {"first", watched.members.at(0).address}, {"redis_port", std::to_string(kPort)},
               {"quorum", live.at("quorum")},
               {"password", SecretRef{secret_of(watched.name, "sentinel"), SecretForm::double_quoted}},
               {"down_after", live.at("down-after-milliseconds")}, {"failover_timeout", live.at("failover-timeout")},
               {"parallel_syncs", live.at("parallel-syncs")}, {"replicas", known_replicas(watched)}});
}

}  // namespace

Result<Shape> sentinel_shape(const ShapeInput& input) {
  const std::string component(input.component);
  const std::int64_t members = number(input.settings, "members");
  if (members % 2 == 0)
    return fail_as(ErrorCode::invalid_blueprint, "members is " + std::to_string(members), {}, "an even number of Sentinels can split in halves", "use 3 or 5");
  Shape shape;
  for (std::int64_t i = 1; i <= members; ++i) {
    const std::string name = component + "-" + std::to_string(i);
    shape.members.push_back({name, {name}});
  }
  shape.edges.push_back({component, component, kSentinelPort, "Sentinels agree"});
  return shape;
}

Result<void> sentinel_render(const RenderInput& input, Member& member) {
  const Component* watched = find_component(input.foundation, text(input.component.settings, "watches"));
  if (watched == nullptr || watched->members.empty()) return fail("Sentinel has nothing to watch", member.name, text(input.component.settings, "watches"));
  Instance& instance = member.instances.at(0);
  instance.place = input.layout.place(input.component.name, instance.name);
  const Place& place = instance.place;

  instance.artifact = kArtifact;
  instance.command = {input.layout.program(std::string(kArtifact), std::string(kProgram)), place.config + "/sentinel.conf", "--sentinel"};
  instance.environment = environment_at(input.layout, std::string(kArtifact), place);
  KEELSON_TRY(Text conf_text, sentinel_conf(input.component, *watched, member, place));
  instance.files = {{.path = "sentinel.conf", .content = std::move(conf_text), .policy = WritePolicy::seed},
                    {.path = "users.acl", .content = users(watched->name), .on_change = Applies::reload}};
  // Sentinel 7.0 has no CONFIG SET: it reads certificates only when it starts.
  instance.certificates = {{.name = "server", .domain = TrustDomain::services, .common_name = member.name, .server = true,
                            .dns_names = names_of(input.foundation, member.name), .ip_addresses = {member.address}},
                           client_certificate(member.name, Applies::restart)};
  instance.trust = {trust_both()};
  instance.ready = {.protocol = ProbeProtocol::redis, .address = listen_address(member), .port = kSentinelPort, .tls = true,
                    .server_name = verified_name(input.foundation, member.name), .request = "PING", .user = "agent",
                    .secret = secret_of(watched->name, "agent")};
  instance.stop_timeout_ms = 5'000;
  instance.storage = kStateBytes;
  instance.live_settings = live_settings(input.component);
  instance.tools[std::string(kCli)] = cli_words(input.layout, member, kSentinelPort, place);
  return {};
}

}  // namespace keelson::redis
