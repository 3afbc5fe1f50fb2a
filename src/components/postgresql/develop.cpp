#include "component/development.h"
#include "component/template.h"
#include "components/postgresql/databases.h"
#include "components/postgresql/parameters.h"
#include "components/postgresql/sql.h"
#include "components/postgresql/verbs.h"
#include "model/layout.h"
#include "postgresql_conf.h"

/// A primary and a replica that stay what they are, as handbooks have them for development: without Patroni, pooler and TLS.
namespace keelson::postgresql {
namespace {

constexpr const char* kBin = "usr/lib/postgresql/15/bin";

DevelopmentService service(const DevelopmentInput& input, const std::string& role, int published) {
  const std::string name = std::string(input.component) + "-" + role;
  const Place place = input.layout.place(std::string(input.component), name);
  const std::string bin = input.layout.program("postgresql", kBin);
  DevelopmentService out{.name = name,
                         .artifact = "postgresql",
                         .command = {"/bin/sh", place.config + "/" + role + ".sh"},
                         .environment = environment_at(input.layout, "postgresql", place),
                         // By TCP: while the cluster is made, there is only the socket.
                         .healthy = {bin + "/pg_isready", "--quiet", "--host=127.0.0.1"},
                         .port = kPort,
                         .published = published,
                         .memory_limit = number(input.settings, "memory")};
  for (auto& [variable, value] : out.environment)
    if (variable == "PATH") value = bin + ":" + value;
  out.environment.insert(out.environment.end(), {{"PGHOST", place.run}, {"PGDATA", place.data + "/pgdata"}});
  return out;
}

Result<Text> configuration(const DevelopmentInput& input, const Place& place) {
  KEELSON_TRY(const Parameters wanted, parameters_of(input.settings));
  Parameters::Map all = wanted.cluster;
  all.insert(wanted.restart.begin(), wanted.restart.end());
  all.insert(wanted.reload.begin(), wanted.reload.end());
  all["listen_addresses"] = "*";
  all["unix_socket_directories"] = place.run;
  all["hba_file"] = place.config + "/pg_hba.conf";
  std::string out = "# " + std::string(input.component) + ": written by keelson, for development only.\n";
  for (const auto& [name, value] : all) out += name + " = " + quote_literal(value) + "\n";
  return Text(out);
}

}  // namespace

Result<Development> develop(const DevelopmentInput& input) {
  KEELSON_CHECK(check_databases(input.settings));
  DevelopmentService primary = service(input, "primary", kPort), replica = service(input, "replica", kPort + 1);
  replica.environment.emplace_back("PRIMARY", primary.name);
  replica.after = {primary.name};
  const Place place = input.layout.place(std::string(input.component), primary.name);
  KEELSON_TRY(Text settings, configuration(input, place));
  KEELSON_TRY(Text start_primary, fill("development_primary.sh", conf::postgresql::development_primary_sh, {{"config", place.config}}));
  KEELSON_TRY(Text start_replica, fill("development_replica.sh", conf::postgresql::development_replica_sh, {{"config", place.config}}));
  const Wish wish = wish_of(input.component, input.settings);
  return Development{{std::move(primary), std::move(replica)},
                     {{"postgresql.conf", std::move(settings)},
                      {"init-db.sql", psql_script(missing(wish, fresh_server()))},
                      {"pg_hba.conf", Text(conf::postgresql::development_hba_conf)},
                      {"primary.sh", std::move(start_primary)},
                      {"replica.sh", std::move(start_replica)}},
                     passwords_of(std::string(input.component), input.settings)};
}

}  // namespace keelson::postgresql
