#include "client/client.h"
#include "verify/checks.h"

namespace keelson::checks {
namespace {

constexpr int kEtcdClientPort = 2379;
constexpr int kEtcdPeerPort = 2380;
constexpr int kPatroniPort = 8008;
constexpr int kPostgresqlPort = 5432;
constexpr TrustDomain kForeign[] = {TrustDomain::members, TrustDomain::services};

std::string domain_name(TrustDomain domain) {
  switch (domain) {
    case TrustDomain::control: return "control";
    case TrustDomain::members: return "members";
    case TrustDomain::services: return "services";
  }
  return {};
}

/// A request to a server of the control domain, with keelson's own certificate of `domain`.
HttpRequest request(ClientContext& context, const Member& member, int port) {
  HttpRequest out;
  const Target target = target_of(context.foundation, member, port);
  out.host = target.host;
  out.address = target.address;
  out.port = port;
  out.trust_file = context.world.trust_file(TrustDomain::control);
  return out;
}

HttpRequest with_certificate(ClientContext& context, HttpRequest out, TrustDomain domain) {
  out.certificate_file = context.world.certificate_file(domain);
  out.key_file = context.world.key_file(domain);
  return out;
}

Result<Finding> tried_etcd(ClientContext& context, const Member& member) {
  HttpRequest health = request(context, member, kEtcdClientPort);
  health.path = "/health";
  KEELSON_TRY(const HttpResponse own, http_request(with_certificate(context, health, TrustDomain::control)));
  if (own.status != 200) return failed(member.name + " answers its own domain with " + std::to_string(own.status));
  if (http_request(health)) return failed(member.name + " answers a client without a certificate");
  for (const TrustDomain domain : kForeign)
    if (http_request(with_certificate(context, health, domain))) return failed(member.name + " answers a certificate of domain " + domain_name(domain));
  HttpRequest peer = request(context, member, kEtcdPeerPort);
  peer.path = "/members";
  for (const TrustDomain domain : {TrustDomain::control, TrustDomain::members, TrustDomain::services})
    if (const auto answer = http_request(with_certificate(context, peer, domain)); answer && answer->status == 200)
      return failed(member.name + " takes a certificate of domain " + domain_name(domain) + " for a peer's");
  return passed(member.name);
}

/// Removing a key that is not there: nothing changes even where it is accepted.
constexpr std::string_view kHarmlessPatch = R"({"keelson_verify":null})";

Result<Finding> tried_patroni(ClientContext& context, const Member& member) {
  HttpRequest patch = request(context, member, kPatroniPort);
  patch.method = "PATCH";
  patch.path = "/config";
  patch.body = kHarmlessPatch;
  KEELSON_TRY(const HttpResponse stranger, http_request(patch));
  if (stranger.status != 403) return failed(member.name + ": PATCH /config without a certificate answers " + std::to_string(stranger.status));
  for (const TrustDomain domain : kForeign)
    if (const auto answer = http_request(with_certificate(context, patch, domain)); answer && answer->status != 403)
      return failed(member.name + ": PATCH /config with a certificate of domain " + domain_name(domain) + " answers " + std::to_string(answer->status));
  KEELSON_TRY(const HttpResponse own, http_request(with_certificate(context, patch, TrustDomain::control)));
  if (own.status != 200) return failed(member.name + ": PATCH /config with a certificate of its own domain answers " + std::to_string(own.status));
  return passed(member.name);
}

/// The login by certificate that pg_rewind uses; replication shares its TLS settings. A foreign leaf must fail in the
/// handshake, before PostgreSQL looks at any name: a FATAL of the server would mean that the root was believed.
Result<Finding> tried_certificate_login(ClientContext& context, const Member& member) {
  PgAddress address = pg_address(context.world, target_of(context.foundation, member, kPostgresqlPort), "postgres", "rewind");
  const LeafFiles leaf = context.world.leaf_files(member.instances.front(), "rewind");
  address.certificate_file = leaf.certificate;
  address.key_file = leaf.key;
  KEELSON_TRY(PgConnection own, PgConnection::open(address));
  for (const TrustDomain domain : {TrustDomain::control, TrustDomain::services}) {
    address.certificate_file = context.world.certificate_file(domain);
    address.key_file = context.world.key_file(domain);
    const auto session = PgConnection::open(address);
    if (session) return failed(member.name + " lets in a certificate of domain " + domain_name(domain));
    if (session.error().why.find("FATAL") != std::string::npos)
      return failed(member.name + " believes the root of domain " + domain_name(domain) + ": " + session.error().why, "keelson up writes the trust files again");
  }
  return passed(member.name);
}

Result<Finding> tried_member(ClientContext& context, const Component& component, const Member& member) {
  if (component.kind->name == "etcd") return tried_etcd(context, member);
  KEELSON_TRY(Finding patroni, tried_patroni(context, member));
  if (patroni.state != CheckState::pass) return patroni;
  return tried_certificate_login(context, member);
}

}  // namespace

Result<Finding> separate_trust(ClientContext& context) {
  int tried = 0;
  for (const Component& component : context.foundation.components) {
    if (component.kind->name != "etcd" && component.kind->name != "postgresql") continue;
    for (const Member& member : component.members) {
      KEELSON_TRY(Finding one, tried_member(context, component, member));
      if (one.state != CheckState::pass) return one;
      ++tried;
    }
  }
  if (tried == 0) return skipped("nothing here logs in by certificate");
  return passed("certificates of the members and services domains are refused by etcd and by Patroni's changes, those of control and services by PostgreSQL; " +
                std::to_string(tried) + " members");
}

}  // namespace keelson::checks
