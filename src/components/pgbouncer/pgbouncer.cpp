#include "components/pgbouncer/pgbouncer.h"

#include <csignal>

#include "component/template.h"
#include "model/foundation.h"
#include "model/layout.h"
#include "pgbouncer_conf.h"

namespace keelson {
namespace {

constexpr int kPort = 6432;

/// What PostgreSQL's room hands over; validated there.
constexpr Setting kDatabase[] = {
    {.name = "name", .type = SettingType::identifier, .doc = "Database", .required = true},
    {.name = "owner", .type = SettingType::identifier, .doc = "Role that owns it", .required = true},
};

constexpr Setting kSettings[] = {
    {.name = "of", .type = SettingType::name, .doc = "The PostgreSQL component it pools", .required = true},
    {.name = "databases", .type = SettingType::list, .default_value = "[]", .doc = "Databases it offers", .applies = Applies::reload,
     .fields = kDatabase},
    {.name = "members", .type = SettingType::integer, .default_value = "2", .doc = "PgBouncer processes", .minimum = 1, .maximum = 9},
    {.name = "max-clients", .type = SettingType::integer, .default_value = "1000",
     .doc = "Client sessions the pooler endpoint holds at once, spread over the members", .minimum = 10, .maximum = 100'000},
    {.name = "pool-size", .type = SettingType::integer, .default_value = "20",
     .doc = "Server sessions per member, database and role", .applies = Applies::reload, .minimum = 1, .maximum = 1'000},
};

constexpr Port kPorts[] = {{"pgbouncer", kPort, "pooled PostgreSQL sessions, TLS"}};

constexpr std::string_view kPackages[] = {"pgbouncer"};
constexpr Artifact kArtifacts[] = {
    {.id = "pgbouncer", .series = "1.18", .packages = kPackages, .program = "usr/sbin/pgbouncer"},
};

Result<Shape> shape(const ShapeInput& input) {
  const std::string name(input.component);
  const std::string& of = text(input.settings, "of");
  Shape out;
  for (int i = 1; i <= number(input.settings, "members"); ++i) {
    const std::string member = name + "-" + std::to_string(i);
    out.members.push_back({member, {member}});
  }
  Endpoint endpoint{.name = name, .component = name, .port = kPort, .protocol = "postgresql",
                    .check = {.protocol = RoleCheckProtocol::pgbouncer}, .spread = true};
  for (const SettingValue& database : at(input.settings, "databases").list()) {
    const std::string& owner = text(database.object(), "owner");
    if (endpoint.database.empty()) endpoint.database = text(database.object(), "name");
    bool known = false;
    for (const EndpointUser& user : endpoint.users) known = known || user.name == owner;
    if (!known) endpoint.users.push_back({owner, of + "/" + owner});
  }
  out.endpoints.push_back(std::move(endpoint));
  out.edges.push_back({name, of + "-primary", 5432, "pooled sessions"});
  return out;
}

Result<Text> configuration(const RenderInput& input, const Member& member, const Instance& instance, const Endpoint& primary) {
  const Settings& settings = input.component.settings;
  std::string databases;
  for (const SettingValue& database : at(settings, "databases").list()) {
    const std::string& name = text(database.object(), "name");
    // The address, not the name: it must work where keelson may not publish names. The certificate carries both.
    databases += name + " = host=" + primary.address + " port=" + std::to_string(primary.port) + " dbname=" + name + "\n";
  }
  // A member alone must be able to hold all clients, or the loss of one would break the promise.
  return fill("pgbouncer.ini", conf::pgbouncer::pgbouncer_ini,
              {{"databases", databases}, {"listen", listen_address(member)}, {"tls", instance.place.tls},
               {"max_clients", std::to_string(number(settings, "max-clients"))},
               {"pool_size", std::to_string(number(settings, "pool-size"))}});
}

Result<void> render(const RenderInput& input, Member& member) {
  const std::string& of = text(input.component.settings, "of");
  const Endpoint* primary = find_endpoint(input.foundation, of + "-primary");
  const Endpoint* own = find_endpoint(input.foundation, input.component.name);
  if (primary == nullptr || own == nullptr)
    return fail("the pooler has nothing to pool", input.component.name, "endpoint " + of + "-primary is missing");

  Instance& instance = member.instances.front();
  instance.artifact = "pgbouncer";
  instance.place = input.layout.place(input.component.name, instance.name);
  instance.environment = environment_at(input.layout, "pgbouncer", instance.place);
  instance.command = {input.layout.program("pgbouncer", "usr/sbin/pgbouncer"), instance.place.config + "/pgbouncer.ini"};
  KEELSON_TRY(Text content, configuration(input, member, instance, *primary));
  instance.files = {{.path = "pgbouncer.ini", .content = std::move(content), .on_change = Applies::reload}};

  std::vector<std::string> names = names_of(input.foundation, member.name);
  for (std::string& name : names_of(input.foundation, own->name)) names.push_back(std::move(name));
  instance.certificates = {
      {.name = "server", .domain = TrustDomain::services, .common_name = own->name, .server = true, .dns_names = std::move(names),
       .ip_addresses = {member.address, own->address}, .on_renew = Applies::reload},
      {.name = "pgb_auth", .domain = TrustDomain::members, .common_name = "pgb_auth", .client = true, .on_renew = Applies::reload},
  };
  add_published(*own, instance.certificates.front());
  instance.trust = {{"services", {TrustDomain::services}}};
  instance.ready = {.protocol = ProbeProtocol::pgbouncer, .address = listen_address(member), .port = kPort, .tls = true,
                    .server_name = member.name, .trust = TrustDomain::services};
  // SIGINT lets transactions in progress end first ("safe shutdown"); SIGTERM would cut them.
  instance.stop_signal = SIGINT;
  instance.stop_timeout_ms = 5'000;
  // Two descriptors a client is PgBouncer's own rule of thumb, and some for itself.
  instance.open_files = number(input.component.settings, "max-clients") * 2 + 1'024;
  return {};
}

/// RELOAD of the admin console needs a login that nobody else should have; SIGHUP does the same.
Result<void> reload(World& world, const Foundation&, const Component&, const Member&, const std::string& instance) {
  return world.signal(instance, SIGHUP);
}

}  // namespace

const Kind kPgbouncer{
    .name = "pgbouncer",
    .summary = "Connection pooler in front of PostgreSQL (PgBouncer 1.18)",
    .in_blueprint = false,
    .settings = kSettings,
    .ports = kPorts,
    .artifacts = kArtifacts,
    .verbs = {.shape = shape, .render = render, .reload = reload},
};

}  // namespace keelson
