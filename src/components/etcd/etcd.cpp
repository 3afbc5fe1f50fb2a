#include "components/etcd/etcd.h"

#include "model/foundation.h"
#include "model/layout.h"

namespace keelson {
namespace {

constexpr int kClientPort = 2379;
constexpr int kPeerPort = 2380;
/// The only common name that may join raft. A certificate for the client port does not.
constexpr std::string_view kPeerName = "etcd-peer";

constexpr Setting kSettings[] = {
    {.name = "members", .type = SettingType::integer, .default_value = "3", .doc = "Voting members: 1, 3 or 5. Fixed once the store holds data.",
     .applies = Applies::rebuild, .minimum = 1, .maximum = 5},
};

constexpr Port kPorts[] = {
    {"etcd", kClientPort, "clients (Patroni, keelson), mutual TLS"},
    {"etcd-peer", kPeerPort, "raft between members, mutual TLS"},
};

constexpr std::string_view kPackages[] = {"etcd-server"};
constexpr Artifact kArtifacts[] = {
    {.id = "etcd", .series = "3.4", .packages = kPackages, .program = "usr/bin/etcd"},
};

std::string url(const std::string& address, int port) { return "https://" + address + ":" + std::to_string(port); }

Result<Shape> shape(const ShapeInput& input) {
  const std::int64_t members = number(input.settings, "members");
  if (members % 2 == 0)
    return fail_as(ErrorCode::invalid_blueprint, "members is " + std::to_string(members),
                   {}, "an even number of voters survives no more failures than one voter less", "use 1, 3 or 5");
  const std::string name(input.component);
  Shape out;
  for (int i = 1; i <= members; ++i) {
    const std::string member = name + "-" + std::to_string(i);
    out.members.push_back({member, {member}});
  }
  out.edges.push_back({name, name, kPeerPort, "raft"});
  // etcd's JSON gateway dials the member's own client port.
  out.edges.push_back({name, name, kClientPort, "JSON gateway to itself"});
  return out;
}

std::vector<std::string> command(const RenderInput& input, const Member& member, const Instance& instance) {
  const std::string& tls = instance.place.tls;
  std::string cluster;
  for (const Member& peer : input.component.members)
    cluster += (cluster.empty() ? "" : ",") + peer.name + "=" + url(peer.address, kPeerPort);
  // Flags, not a file: 3.4 has no configuration key for the allowed peer name, and ignores flags beside a file.
  return {
      input.layout.program("etcd", "usr/bin/etcd"),
      "--name", member.name,
      "--data-dir", instance.place.data,
      "--listen-client-urls", url(listen_address(member), kClientPort),
      "--advertise-client-urls", url(member.address, kClientPort),
      "--listen-peer-urls", url(listen_address(member), kPeerPort),
      "--initial-advertise-peer-urls", url(member.address, kPeerPort),
      "--initial-cluster", cluster,
      "--initial-cluster-state", "new",
      "--initial-cluster-token", input.foundation.name,
      "--heartbeat-interval", "50",
      "--election-timeout", "500",
      "--cert-file", tls + "/client-port.crt",
      "--key-file", tls + "/client-port.key",
      "--trusted-ca-file", tls + "/control.crt",
      "--client-cert-auth",
      "--peer-cert-file", tls + "/peer-port.crt",
      "--peer-key-file", tls + "/peer-port.key",
      "--peer-trusted-ca-file", tls + "/control.crt",
      "--peer-client-cert-auth",
      "--peer-cert-allowed-cn", std::string(kPeerName),
      "--auto-compaction-mode", "periodic",
      "--auto-compaction-retention", "1h",
      "--quota-backend-bytes", "268435456",
      "--logger", "zap",
      "--log-outputs", "stderr",
  };
}

Result<void> render(const RenderInput& input, Member& member) {
  Instance& instance = member.instances.front();
  instance.artifact = "etcd";
  instance.place = input.layout.place(input.component.name, instance.name);
  instance.environment = environment_at(input.layout, "etcd", instance.place);
  instance.command = command(input, member, instance);
  // Both certificates are read again at each handshake, so a renewed file needs no action.
  instance.certificates = {
      {.name = "client-port", .domain = TrustDomain::control, .common_name = member.name, .server = true,
       .client = true,  // the JSON gateway presents it to the member itself
       .dns_names = names_of(input.foundation, member.name), .ip_addresses = {member.address}, .on_renew = Applies::live},
      {.name = "peer-port", .domain = TrustDomain::control, .common_name = std::string(kPeerName), .server = true,
       .client = true, .dns_names = names_of(input.foundation, member.name),
       // Members check each other's certificate against the address a connection comes from, and on loopback that is
       // 127.0.0.1 whatever address the peer listens on. Without it they refuse each other for ever.
       .ip_addresses = {member.address, "127.0.0.1"}, .on_renew = Applies::live},
  };
  instance.trust = {{"control", {TrustDomain::control}}};
  instance.ready = {.protocol = ProbeProtocol::http, .address = listen_address(member), .port = kClientPort, .tls = true,
                    .server_name = member.name, .trust = TrustDomain::control, .client_certificate = true, .request = "/health"};
  // Members stopped together took about 8 s on a loaded machine; why was not looked into (a hand-over of leadership that nobody
  // is left to take is likely). etcd syncs its log before it acknowledges, so a kill after this should lose nothing acknowledged.
  instance.stop_timeout_ms = 3'000;
  return {};
}

}  // namespace

const Kind kEtcd{
    .name = "etcd",
    .summary = "Consensus store of PostgreSQL's failover (etcd 3.4)",
    .in_blueprint = false,
    .settings = kSettings,
    .ports = kPorts,
    .artifacts = kArtifacts,
    .verbs = {.shape = shape, .render = render},
};

}  // namespace keelson
