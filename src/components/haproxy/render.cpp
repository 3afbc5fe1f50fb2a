#include <algorithm>

#include "component/template.h"
#include "components/haproxy/room.h"
#include "haproxy_conf.h"

namespace keelson::haproxy {
namespace {

constexpr std::string_view kTrustControl = "trust-control";
constexpr std::string_view kTrustServices = "trust-services";

/// How a kind of role check is told to HAProxy: lines of its own, and options of every server line.
struct CheckText {
  Text lines = {};
  std::string options = {};
};

std::string verified_by(const Place& place, std::string_view trust) {
  return " check-ssl verify required ca-file " + place.tls + "/" + std::string(trust) + ".crt";
}

Result<CheckText> check_text(const RoleCheck& check, const Place& place) {
  switch (check.protocol) {
    case RoleCheckProtocol::tcp: return CheckText{};
    case RoleCheckProtocol::https: {
      KEELSON_TRY(Text lines, fill("check_https.cfg", conf::haproxy::check_https_cfg, {{"path", check.request}}));
      return CheckText{std::move(lines), verified_by(place, kTrustControl)};
    }
    case RoleCheckProtocol::redis: {
      KEELSON_TRY(Text lines, fill("check_redis.cfg", conf::haproxy::check_redis_cfg,
                                   {{"user", check.user}, {"password", SecretRef{check.secret, SecretForm::double_quoted}},
                                    {"length", std::to_string(check.request.size())}, {"role", check.request}}));
      return CheckText{std::move(lines), verified_by(place, kTrustServices)};
    }
    case RoleCheckProtocol::pgbouncer:
      return CheckText{Text(conf::haproxy::check_pgbouncer_cfg), {}};
  }
  return fail("an endpoint is checked in an unknown way");
}

bool is_over_tls(const RoleCheck& check) {
  return check.protocol == RoleCheckProtocol::https || check.protocol == RoleCheckProtocol::redis;
}

std::string server_line(const Foundation& foundation, const Endpoint& endpoint, const Member& member) {
  const int port = endpoint.backend_port != 0 ? endpoint.backend_port : endpoint.port;
  std::string line = " server " + member.name + " " + member.address + ":" + std::to_string(port);
  if (endpoint.check.port != 0) line += " port " + std::to_string(endpoint.check.port);
  if (is_over_tls(endpoint.check)) {
    // A check knows no name by itself: both must be said, or any certificate of the same root would do.
    const std::string name = names_of(foundation, member.name).back();
    line += " verifyhost " + name + " check-sni " + name;
  }
  return line + "\n";
}

/// The endpoint's own place, and each at which it is published and that is another one.
std::string bind_lines(const Endpoint& endpoint) {
  std::vector<std::string> places{listen_address(endpoint) + ":" + std::to_string(listen_port(endpoint))};
  for (const Published& published : endpoint.publish)
    if (std::string place = listen_address(published) + ":" + std::to_string(listen_port(published)); std::find(places.begin(), places.end(), place) == places.end())
      places.push_back(std::move(place));
  std::string lines;
  for (const std::string& place : places) lines += " bind " + place + "\n";
  return lines;
}

/// Where nobody in front of the balancer decides who may come, it does: before it reads a byte.
std::string admission_lines(const Endpoint& endpoint) {
  std::string lines;
  for (const Published& place : endpoint.publish) {
    if (place.admits.empty()) continue;
    lines += " tcp-request connection reject if { dst " + listen_address(place) + " } { dst_port " + std::to_string(listen_port(place)) + " } !{ src";
    for (const std::string& one : place.admits) lines += " " + one;
    lines += " }\n";
  }
  return lines;
}

/// Between loopback addresses the kernel would choose 127.0.0.1 for every connection, whichever endpoint it comes from; elsewhere it
/// chooses the address that leads to the member, and no other would find the way back.
std::string source_text(const Endpoint& endpoint) { return endpoint.address.starts_with("127.") ? " source " + endpoint.address : std::string(); }

/// How often members are asked. Natively whoever gives a leadership up tells the balancer, and the checks are what is left when nobody does;
/// where its socket is out of reach (in another container) the checks are how it learns: within 0.3 s of a new leader, 0.7 s of one that
/// went on in good order.
std::string_view pace_text(Reach reach) {
  switch (reach) {
    case Reach::socket: return "inter 1s fastinter 500ms downinter 1s rise 1 fall 3";
    case Reach::network: return "inter 500ms fastinter 200ms downinter 300ms rise 1 fall 2";
  }
  return {};
}

Result<Text> listen_text(const Foundation& foundation, const Endpoint& endpoint, const Layout& layout, const Place& place) {
  const Component* component = find_component(foundation, endpoint.component);
  if (component == nullptr) return fail("an endpoint has no component", endpoint.name, endpoint.component);
  std::string servers;
  for (const Member& member : component->members) servers += server_line(foundation, endpoint, member);
  KEELSON_TRY(CheckText check, check_text(endpoint.check, place));
  // `first` sends all to one server: should two pass for a moment, clients still meet only one of them.
  return fill("listen.cfg", conf::haproxy::listen_cfg,
              {{"endpoint", endpoint.name}, {"binds", bind_lines(endpoint)}, {"admission", admission_lines(endpoint)}, {"balance", endpoint.spread ? "leastconn" : "first"},
               {"check", std::move(check.lines)}, {"pace", std::string(pace_text(layout.reach()))}, {"source", source_text(endpoint)}, {"server_options", check.options}, {"servers", servers}});
}

std::vector<TrustFile> trust_files(const std::vector<const Endpoint*>& endpoints) {
  bool control = false, services = false;
  for (const Endpoint* endpoint : endpoints) {
    control = control || endpoint->check.protocol == RoleCheckProtocol::https;
    services = services || endpoint->check.protocol == RoleCheckProtocol::redis;
  }
  std::vector<TrustFile> out;
  if (control) out.push_back({std::string(kTrustControl), {TrustDomain::control}});
  if (services) out.push_back({std::string(kTrustServices), {TrustDomain::services}});
  return out;
}

}  // namespace

std::vector<const Endpoint*> served(const Foundation& foundation, const Component& balancer) {
  std::vector<const Endpoint*> out;
  for (const Endpoint& endpoint : foundation.endpoints) {
    const Component* component = find_component(foundation, endpoint.component);
    if (component == nullptr) continue;
    const std::string& owner = component->companion_of.empty() ? component->name : component->companion_of;
    if (owner == balancer.companion_of) out.push_back(&endpoint);
  }
  return out;
}

Result<Shape> shape(const ShapeInput& input) {
  const std::string name = std::string(input.component) + "-1";
  return Shape{.members = {{name, {name}}}};
}

Result<void> render(const RenderInput& input, Member& member) {
  const auto endpoints = served(input.foundation, input.component);
  if (endpoints.empty()) return fail("a balancer has no endpoint to serve", member.name, input.component.companion_of);
  Instance& instance = member.instances.at(0);
  instance.place = input.layout.place(input.component.name, instance.name);
  const Place& place = instance.place;

  KEELSON_TRY(Text text, fill("global.cfg", conf::haproxy::global_cfg, {{"component", input.component.name}, {"run", place.run}}));
  for (const Endpoint* endpoint : endpoints) {
    KEELSON_TRY(const Text listen, listen_text(input.foundation, *endpoint, input.layout, place));
    text.add(listen);
  }
  const std::string config = place.config + "/haproxy.cfg";
  instance.artifact = kArtifact;
  // Master-worker: on reload the master starts a new worker and hands it the listening sockets (README).
  instance.command = {input.layout.program(std::string(kArtifact), std::string(kProgram)), "-W", "-f", config};
  instance.environment = environment_at(input.layout, std::string(kArtifact), place);
  instance.files = {{.path = "haproxy.cfg", .content = std::move(text), .on_change = Applies::reload}};
  instance.trust = trust_files(endpoints);
  // Proves that this process listens. Whether a member stands behind it is the members' own readiness, and verify's question.
  instance.ready = {.protocol = ProbeProtocol::tcp, .address = listen_address(*endpoints[0]), .port = listen_port(*endpoints[0])};
  instance.stop_timeout_ms = 5'000;
  return {};
}

}  // namespace keelson::haproxy
