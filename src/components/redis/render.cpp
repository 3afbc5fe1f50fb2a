#include "base/json.h"
#include "component/template.h"
#include "components/redis/leadership.h"
#include "components/redis/room.h"
#include "protocol/haproxy.h"
#include "redis_conf.h"
#include "system/digest.h"

namespace keelson::redis {
namespace {

/// CONFIG REWRITE belongs to Sentinel (it records the master of a demoted server), so it is nobody else's.
constexpr std::string_view kAppRights = "~* &* +@all -@admin -@dangerous +info";
constexpr std::string_view kReplicaRights = "+psync +replconf +ping";
constexpr std::string_view kSentinelRights =
    "allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info +client|setname +client|kill +script|kill";
constexpr std::string_view kHaproxyRights = "+role +ping +info";
constexpr std::string_view kAgentRights =
    "+info +role +ping +replicaof +shutdown +config|get +config|set +acl|load +acl|list +client|pause +client|unpause +wait +dbsize +latency +memory|usage";
/// Whoever may change users may become anybody: so it is none of those whose passwords are in files of members.
constexpr std::string_view kAdminRights = "+acl|setuser +acl|load +acl|list +client|kill";

/// A master whose replicas have not been heard of for so long takes no more writes: the bound of what a failover can lose.
constexpr int kMaxLagS = 2;

bool is_watched(const Component& component) { return component.members.size() >= 3; }

std::int64_t min_replicas(const Component& component) {
  if (has(component.settings, "min-replicas")) return number(component.settings, "min-replicas");
  return is_watched(component) ? 1 : 0;
}

std::map<std::string, std::string> live_settings(const Component& component) {
  const Settings& settings = component.settings;
  return {
      {"maxmemory", std::to_string(number(settings, "memory"))},
      {"maxmemory-policy", text(settings, "eviction")},
      {"maxclients", std::to_string(number(settings, "max-clients"))},
      {"appendfsync", text(settings, "persistence")},
      {"min-replicas-to-write", std::to_string(min_replicas(component))},
      {"min-replicas-max-lag", std::to_string(kMaxLagS)},
      {"appendonly", "yes"},
      {"replica-priority", std::string(kPriority)},
      {"save", ""},
  };
}

Text users(const Component& component) {
  // At a start Redis runs the transactions of its append-only file with this user's rights (aof.c createAOFClient, multi.c execCommand): what it may not do
  // would be missing afterwards. Nobody can be it, as it is off and has no password.
  Text out("user default off ~* &* +@all\n");
  if (text(component.settings, "default-user") == "app")
    out = Text("user default on #").add(SecretRef{secret_of(component.name, "app"), SecretForm::sha256_hex}).add(" " + std::string(kAppRights) + "\n");
  const auto add = [&](std::string_view user, std::string_view rights) { out.add(acl_user(component.name, user, rights)); };
  add("app", kAppRights);
  add("agent", kAgentRights);
  add("admin", kAdminRights);
  add("haproxy", kHaproxyRights);
  if (is_watched(component)) {
    add("replica", kReplicaRights);
    add("sentinel", kSentinelRights);
  }
  // A user who can do nothing and is never on: its name tells the reload verb which rights are in force.
  const std::string rights = sha256_hex(out.redacted()).substr(0, 12);
  return out.add("user rights-" + rights + " off resetchannels -@all\n");
}

Result<Text> static_conf(const Component& component, const Member& member, const Place& place) {
  KEELSON_TRY(Text out, fill("static.conf", conf::redis::static_conf,
                             {{"member", member.name}, {"listen", listen_address(member)}, {"port", std::to_string(kPort)},
                              {"tls", place.tls}, {"config", place.config}, {"data", place.data}}));
  if (is_watched(component)) {
    KEELSON_TRY(const Text replication,
                fill("replication.conf", conf::redis::replication_conf,
                     {{"address", member.address}, {"listen", listen_address(member)},
                      {"password", SecretRef{secret_of(component.name, "replica"), SecretForm::double_quoted}}}));
    out.add(replication);
  }
  out.add("include " + place.config + "/live.conf\n");
  return out;
}

Result<Text> live_conf(const Component& component) {
  const auto live = live_settings(component);
  return fill("live.conf", conf::redis::live_conf,
              {{"maxmemory", live.at("maxmemory")}, {"eviction", live.at("maxmemory-policy")}, {"maxclients", live.at("maxclients")},
               {"appendfsync", live.at("appendfsync")}, {"min_replicas", live.at("min-replicas-to-write")}, {"max_lag", live.at("min-replicas-max-lag")}});
}

/// What the launch verb must know; it has nothing but its own place.
std::string launch_json(const Foundation& foundation, const Component& component, const Component& sentinels, const Member& member,
                        const Place& place) {
  Json asked = Json::array();
  for (const Member& sentinel : sentinels.members)
    asked.push(Json::object().set("address", sentinel.address).set("port", kSentinelPort).set("server_name", verified_name(foundation, sentinel.name)));
  return Json::object()
             .set("master", component.name)
             .set("address", member.address)
             .set("port", kPort)
             .set("user", "launch")
             .set("trust_file", place.tls + "/trust.crt")
             .set("sentinels", asked)
             .dump(2) +
         "\n";
}

/// The names under which clients reach this member: its own and every endpoint's, published addresses too.
Certificate server_certificate(const Foundation& foundation, const Component& component, const Member& member) {
  Certificate out{.name = "server", .domain = TrustDomain::services, .common_name = member.name, .server = true,
                  .dns_names = names_of(foundation, member.name), .ip_addresses = {member.address}, .on_renew = Applies::reload};
  const auto add_once = [](std::vector<std::string>& list, const std::string& entry) {
    for (const std::string& have : list)
      if (have == entry) return;
    list.push_back(entry);
  };
  for (const Endpoint& endpoint : foundation.endpoints) {
    if (endpoint.component != component.name) continue;
    for (const std::string& name : names_of(foundation, endpoint.name)) add_once(out.dns_names, name);
    add_once(out.ip_addresses, endpoint.address);
    add_published(endpoint, out);
  }
  return out;
}

Probe probe(const Foundation& foundation, const Component& component, const Member& member) {
  return {.protocol = ProbeProtocol::redis, .address = listen_address(member), .port = kPort, .tls = true,
          .server_name = verified_name(foundation, member.name), .request = "ROLE", .user = "agent", .secret = secret_of(component.name, "agent")};
}

Result<void> add_launch(const RenderInput& input, const Component& sentinels, const Member& member, Instance& instance) {
  const Place& place = instance.place;
  instance.launch = "redis";
  instance.files.push_back({std::string(kLaunchFile), launch_json(input.foundation, input.component, sentinels, member, place)});
  instance.files.push_back({std::string(kLaunchSecret), SecretRef{secret_of(input.component.name, "launch"), SecretForm::plain}});
  for (const Member& sentinel : sentinels.members)
    for (const Instance& watcher : sentinel.instances) instance.after.push_back(watcher.name);
  return {};
}

/// What the supervisor needs to give this member's leadership up when it dies.
LeaderFacts leader_facts(const RenderInput& input, const Component& sentinels, const Member& member, const Place& place) {
  const auto peer = [&](const Member& other) { return LeaderFacts::Peer{other.name, other.address, verified_name(input.foundation, other.name)}; };
  LeaderFacts out{.master = input.component.name, .own = peer(member), .listen = listen_address(member), .data = place.data};
  for (const Member& other : input.component.members)
    if (other.name != member.name) out.others.push_back(peer(other));
  for (const Member& sentinel : sentinels.members) out.sentinels.push_back(peer(sentinel));
  const Component* balancer = find_companion(input.foundation, input.component.name, "haproxy");
  if (balancer != nullptr && input.layout.reach() == Reach::socket)
    out.balancer = input.layout.place(balancer->name, balancer->members.at(0).name).run + "/" + std::string(kHaproxySocket);
  for (const Endpoint& endpoint : input.foundation.endpoints)
    if (endpoint.component == input.component.name) (endpoint.read_only ? out.reads : out.writes) = endpoint.name;
  return out;
}

}  // namespace

Result<void> render(const RenderInput& input, Member& member) {
  const Component& component = input.component;
  Instance& instance = member.instances.at(0);
  instance.place = input.layout.place(component.name, instance.name);
  const Place& place = instance.place;
  const Component* sentinels = sentinels_of(input.foundation, component);

  instance.artifact = kArtifact;
  // Redis rewrites the file it was started with, so that is never one of ours: the launch verb makes it anew each time.
  const std::string start_file = sentinels != nullptr ? place.run + "/" + std::string(kStartFile) : place.config + "/static.conf";
  instance.command = {input.layout.program(std::string(kArtifact), std::string(kProgram)), start_file};
  instance.environment = environment_at(input.layout, std::string(kArtifact), place);

  KEELSON_TRY(Text static_text, static_conf(component, member, place));
  KEELSON_TRY(Text live_text, live_conf(component));
  instance.files = {{"static.conf", std::move(static_text)},
                    {.path = "live.conf", .content = std::move(live_text), .on_change = Applies::live},
                    {.path = "users.acl", .content = users(component), .on_change = Applies::reload}};
  instance.certificates = {server_certificate(input.foundation, component, member), client_certificate(member.name, Applies::reload)};
  instance.trust = {trust_both()};
  if (sentinels != nullptr) {
    KEELSON_CHECK(add_launch(input, *sentinels, member, instance));
    instance.leadership = {.kind = "redis", .facts = to_json(leader_facts(input, *sentinels, member, place)).dump()};
  }

  instance.ready = probe(input.foundation, component, member);
  instance.storage = number(component.settings, "storage");
  instance.memory_limit = memory_limit(component.settings);
  instance.live_settings = live_settings(component);
  // A password alone is that of the applications' user; redis-cli looks at the name only where there is one (cliAuth).
  std::vector<std::string>& cli = instance.tools[std::string(kCli)] = cli_words(input.layout, member, kPort, place);
  cli.insert(cli.end(), {"--user", "app"});
  return {};
}

}  // namespace keelson::redis
