#include "components/postgresql/access_rules.h"
#include "components/postgresql/leadership.h"
#include "components/postgresql/parameters.h"
#include "components/postgresql/sql.h"
#include "components/postgresql/verbs.h"
#include "model/foundation.h"
#include "model/layout.h"
#include "postgresql_conf.h"
#include "protocol/haproxy.h"

namespace keelson::postgresql {
namespace {

constexpr std::string_view kBin = "usr/lib/postgresql/15/bin";
/// sockaddr_un.sun_path holds 108 bytes with its final zero; the rest is "/.s.PGSQL.5432".
constexpr std::size_t kLongestSocketDirectory = 107 - 14;

std::string listen_place(const Member& member, int port) { return listen_address(member) + ":" + std::to_string(port); }
std::string place_of(const Member& member, int port) { return member.address + ":" + std::to_string(port); }

Json strings(const Parameters::Map& map) {
  Json out = Json::object();
  for (const auto& [name, value] : map) out.set(name, value);
  return out;
}

Json strings(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& text : list) out.push(text);
  return out;
}

/// Credentials of a machinery role: its certificate. Never a password.
Json login(const std::string& role, const std::string& tls) {
  Json out = Json::object();
  out.set("username", role).set("sslmode", "verify-full").set("sslrootcert", tls + "/services.crt");
  out.set("sslcert", tls + "/" + role + ".crt").set("sslkey", tls + "/" + role + ".key");
  return out;
}

/// Counts once, when there is no cluster yet. Afterwards the dynamic configuration is observed and mended through the REST API.
Result<Json> bootstrap(const RenderInput& input, const Instance& instance) {
  KEELSON_TRY(Json dynamic, dynamic_configuration(input.component.settings));
  Json initdb = Json::array();
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"encoding", "UTF8"}, {"locale", "C.UTF-8"}, {"auth-local", "peer"}, {"auth-host", "reject"}}) {
    Json option = Json::object();
    initdb.push(option.set(name, value));
  }
  initdb.push("data-checksums");
  // Patroni splits this as a shell would and adds a connection string.
  const std::string psql = "'" + input.layout.program("postgresql", std::string(kBin) + "/psql") + "'";
  Json inner = Json::object();
  inner.set("dcs", std::move(dynamic)).set("initdb", std::move(initdb));
  inner.set("post_bootstrap", psql + " --no-psqlrc --quiet --file '" + instance.place.config + "/bootstrap.sql'");
  Json out = Json::object();
  return out.set("bootstrap", std::move(inner));
}

Json rest_api(const Member& member, const std::string& tls) {
  Json out = Json::object();
  out.set("listen", listen_place(member, kRestPort)).set("connect_address", place_of(member, kRestPort));
  out.set("certfile", tls + "/rest.crt").set("keyfile", tls + "/rest.key").set("cafile", tls + "/control.crt");
  // Reading is open (the balancer has no certificate); whatever changes something needs one of the control domain.
  return out.set("verify_client", "optional");
}

Json postgresql_section(const RenderInput& input, const Member& member, const Instance& instance, const Parameters& parameters) {
  const Place& place = instance.place;
  Json superuser = Json::object();
  superuser.set("username", "postgres");  // peer over the socket: no superuser password exists anywhere
  Json authentication = Json::object();
  authentication.set("superuser", std::move(superuser)).set("replication", login("replicator", place.tls)).set("rewind", login("rewind", place.tls));
  Json basebackup = Json::array(), checkpoint = Json::object();
  basebackup.push(checkpoint.set("checkpoint", "fast"));  // the default spreads it over minutes
  Parameters::Map own = parameters.restart;
  own["unix_socket_directories"] = place.run;
  own["unix_socket_permissions"] = "0700";
  Json out = Json::object();
  out.set("listen", listen_place(member, kPort)).set("connect_address", place_of(member, kPort));
  out.set("data_dir", place.data + "/pgdata").set("bin_dir", input.layout.program("postgresql", std::string(kBin)));
  out.set("pgpass", place.run + "/pgpass").set("use_unix_socket", true).set("use_unix_socket_repl", false);
  out.set("basebackup", std::move(basebackup)).set("authentication", std::move(authentication));
  return out.set("parameters", strings(own));
}

/// Patroni's section `etcd3`.
Json etcd_store(const Component& etcd, const std::string& tls) {
  Json hosts = Json::array();
  for (const Member& voter : etcd.members) hosts.push(place_of(voter, 2379));
  Json out = Json::object();
  out.set("hosts", std::move(hosts)).set("protocol", "https").set("cacert", tls + "/control.crt");
  return out.set("cert", tls + "/patroni.crt").set("key", tls + "/patroni.key");
}

/// Patroni's section `kubernetes`: the leader key and what belongs to it are annotations of ConfigMaps, what a member is stands on its pod.
Json kubernetes_store(const LeaseStore& store) {
  Json labels = Json::object();
  for (const auto& [name, value] : store.labels) labels.set(name, value);
  Json out = Json::object();
  return out.set("namespace", store.space).set("labels", std::move(labels)).set("scope_label", store.component_label).set("use_endpoints", false);
}

/// What a member is and where: a change needs a restart. Patroni looks members up by the names of their pods where those are its store.
Json identity(const RenderInput& input, const Member& member, const Instance& instance, const Parameters& parameters, const Component* etcd) {
  const std::string& tls = instance.place.tls;
  Json ctl = Json::object();
  ctl.set("cacert", tls + "/control.crt").set("certfile", tls + "/patroni.crt").set("keyfile", tls + "/patroni.key");
  Json watchdog = Json::object();
  watchdog.set("mode", "off");
  Json out = Json::object();
  out.set("scope", input.component.name);
  // Said here, it would replace that of the section `kubernetes` (Patroni 3.0.2 dcs/__init__.py, get_dcs).
  if (etcd != nullptr) out.set("namespace", "/service/");
  out.set("name", host_name(member)).set("restapi", rest_api(member, tls)).set("ctl", std::move(ctl));
  if (etcd != nullptr) out.set("etcd3", etcd_store(*etcd, tls));
  else out.set("kubernetes", kubernetes_store(*input.layout.lease_store(input.component.name)));
  out.set("postgresql", postgresql_section(input, member, instance, parameters));
  return out.set("watchdog", std::move(watchdog));
}

/// What a reload makes so.
Json reloadable(const RenderInput& input, const Instance& instance, const Parameters& parameters) {
  const std::string& tls = instance.place.tls;
  Parameters::Map own = parameters.reload;
  own["ssl"] = "on";
  own["ssl_cert_file"] = tls + "/server.crt";
  own["ssl_key_file"] = tls + "/server.key";
  own["ssl_ca_file"] = tls + "/members.crt";
  own["ssl_min_protocol_version"] = "TLSv1.3";
  const std::string user = input.layout.user(input.component.name);
  Json ident = Json::array();
  ident.push(std::string(kIdentMap) + " " + quote_identifier(user) + " postgres");
  if (user != "root") ident.push(std::string(kIdentMap) + " root postgres");  // keelson itself
  if (input.layout.reach() == Reach::network) ident.push(std::string(kAgentMap) + " " + std::string(kAgentName) + " postgres");
  Json section = Json::object();
  section.set("parameters", strings(own)).set("pg_hba", strings(access_rules(wish_of(input.component.name, input.component.settings), input.layout.reach())));
  section.set("pg_ident", std::move(ident));
  Json out = Json::object();
  return out.set("postgresql", std::move(section));
}

std::vector<Certificate> certificates(const RenderInput& input, const Member& member) {
  Certificate server{.name = "server", .domain = TrustDomain::services, .common_name = member.name, .server = true,
                     .dns_names = names_of(input.foundation, member.name), .ip_addresses = {member.address}, .on_renew = Applies::reload};
  // Where it listens everywhere, Patroni asks its own server by this name, and needs the answer to find out whether it must rewind (Patroni, local_replication_address).
  if (listen_address(member) == kEveryAddress) server.dns_names.emplace_back("localhost");
  for (const Endpoint& endpoint : input.foundation.endpoints) {
    if (endpoint.component != input.component.name) continue;
    for (std::string& name : names_of(input.foundation, endpoint.name)) server.dns_names.push_back(std::move(name));
    server.ip_addresses.push_back(endpoint.address);
    add_published(endpoint, server);
  }
  const auto client = [](const char* name, TrustDomain domain) {
    return Certificate{.name = name, .domain = domain, .common_name = name, .client = true, .on_renew = Applies::reload};
  };
  return {std::move(server),
          {.name = "rest", .domain = TrustDomain::control, .common_name = member.name, .server = true,
           .dns_names = names_of(input.foundation, member.name), .ip_addresses = {member.address}, .on_renew = Applies::reload},
          client("patroni", TrustDomain::control), client("replicator", TrustDomain::members), client("rewind", TrustDomain::members)};
}

/// What the supervisor needs to give this member's leadership up when it dies. Without an etcd Patroni elects in the runtime's objects.
LeaderFacts leader_facts(const RenderInput& input, const Member& member, const Instance& instance, const Component* etcd) {
  LeaderFacts out{.scope = input.component.name, .member = member.name, .address = listen_address(member), .data = instance.place.data + "/pgdata",
                  .synchronous = synchronous(input.component.settings)};
  for (const Member& other : input.component.members)
    if (other.name != member.name) out.others.push_back({other.name, other.address});
  if (etcd != nullptr) {
    for (const Member& voter : etcd->members) out.voters.push_back({voter.name, voter.address});
  } else {
    const LeaseStore store = *input.layout.lease_store(input.component.name);
    out.space = store.space;
    out.labels = store.labels;
    out.labels[store.component_label] = input.component.name;
    for (const Member& one : input.component.members) out.pods[one.name] = host_name(one);
  }
  out.waldump = input.layout.program("postgresql", std::string(kBin) + "/pg_waldump");
  out.user = input.layout.user(input.component.name);
  const Component* balancer = find_companion(input.foundation, input.component.name, "haproxy");
  if (balancer != nullptr && input.layout.reach() == Reach::socket)
    out.balancer = input.layout.place(balancer->name, balancer->members.at(0).name).run + "/" + std::string(kHaproxySocket);
  for (const Endpoint& endpoint : input.foundation.endpoints)
    if (endpoint.component == input.component.name) out.endpoints.push_back(endpoint.name);
  return out;
}

/// Whoever enters a container finds psql and pg_isready, and they the server.
void add_tools(const Layout& layout, Instance& instance) {
  for (auto& [name, value] : instance.environment)
    if (name == "PATH") value = layout.program("postgresql", std::string(kBin)) + ":" + value;
  instance.environment.emplace_back("PGHOST", instance.place.run);
}

Text pretty(const Json& json) { return Text(json.dump(2) + "\n"); }

}  // namespace

Result<void> render(const RenderInput& input, Member& member) {
  const bool elects = input.layout.lease_store(input.component.name).has_value();
  const Component* etcd = elects ? nullptr : find_component(input.foundation, "etcd");
  if (etcd == nullptr && !elects) return fail("PostgreSQL has no consensus store", input.component.name, "component etcd is missing");
  KEELSON_TRY(const Parameters parameters, parameters_of(input.component.settings));

  Instance& instance = member.instances.front();
  instance.artifact = "postgresql";
  instance.place = input.layout.place(input.component.name, instance.name);
  if (instance.place.run.size() > kLongestSocketDirectory)
    return fail_as(ErrorCode::preflight_refused, "the socket directory's path is too long", instance.place.run,
                   "a Unix socket path holds 107 bytes", "use a shorter state directory (--state-dir)");
  instance.environment = environment_at(input.layout, "postgresql", instance.place);
  instance.environment.emplace_back("PGCONNECT_TIMEOUT", "2");
  if (input.layout.reach() == Reach::network) add_tools(input.layout, instance);
  // The interpreter is Debian's own, as the modules are built for it; another python3 on PATH would not load them. -P: modules come
  // from the artifact, not from where the script lies.
  instance.command = {"/usr/bin/python3", "-P", instance.place.config + "/patroni.py", instance.place.config};

  KEELSON_TRY(const Json first, bootstrap(input, instance));
  const Wish wish = wish_of(input.component.name, input.component.settings);
  // Patroni merges every *.yml of the directory. Three files, because a change of each asks for something else.
  instance.files = {
      {.path = "bootstrap.sql", .content = psql_script(missing(wish, fresh_server())), .on_change = Applies::live},
      {.path = "bootstrap.yml", .content = pretty(first), .on_change = Applies::live},
      {.path = "member.yml", .content = pretty(identity(input, member, instance, parameters, etcd)), .on_change = Applies::restart},
      {.path = "patroni.py", .content = Text(conf::postgresql::patroni_py), .on_change = Applies::restart},
      {.path = "settings.yml", .content = pretty(reloadable(input, instance, parameters)), .on_change = Applies::reload},
  };
  instance.certificates = certificates(input, member);
  instance.trust = {{"control", {TrustDomain::control}}, {"members", {TrustDomain::members}}, {"services", {TrustDomain::services}}};
  // 200 for the holder of the leader key and for a replica that accepts sessions, with role and state in the body.
  instance.ready = {.protocol = ProbeProtocol::http, .address = listen_address(member), .port = kRestPort, .tls = true,
                    .server_name = member.name, .trust = TrustDomain::control, .request = "/read-only"};
  instance.elects = elects;
  instance.storage = number(input.component.settings, "storage");
  instance.stop_timeout_ms = 60'000;  // a clean stop writes a checkpoint
  instance.memory_limit = number(input.component.settings, "memory");
  instance.leadership = {.kind = "postgresql", .facts = to_json(leader_facts(input, member, instance, etcd)).dump(),
                         .engine_pid_file = instance.place.data + "/pgdata/postmaster.pid"};
  if (etcd == nullptr) return {};
  for (const Member& voter : etcd->members)
    for (const Instance& before : voter.instances) instance.after.push_back(before.name);
  return {};
}

}  // namespace keelson::postgresql
