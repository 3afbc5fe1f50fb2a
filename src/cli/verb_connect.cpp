#include "base/encoding.h"
#include "cli/connection.h"
#include "cli/opening.h"
#include "cli/replace_process.h"
#include "cli/verbs.h"
#include "runtime/container_layout.h"
#include "system/files.h"

namespace keelson::cli {
namespace {

/// The secret that lets a connection in; empty when the user needs none.
Result<Secret> password_of(Runtime& runtime, const Connection& connection) {
  if (connection.user.secret.empty()) return Secret();
  return runtime.world().secret(connection.user.secret);
}

struct Client {
  std::string artifact;
  std::vector<std::string> argv;
};

/// The engine's own client, from the engine's own tree. No secret in argv: clients read it from the environment.
Result<Client> client_for(const Layout& layout, const Connection& connection, const std::string& host, const std::string& ca_path) {
  const Endpoint& endpoint = *connection.endpoint;
  if (endpoint.protocol == "postgresql") return Client{"postgresql", {layout.program("postgresql", "usr/lib/postgresql/15/bin/psql")}};
  if (endpoint.protocol == "redis") {
    Client client{"redis", {layout.program("redis", "usr/bin/redis-cli"), "-h", host, "-p", std::to_string(endpoint.port), "--tls", "--cacert", ca_path, "--sni", endpoint.name}};
    if (!connection.user.name.empty()) client.argv.insert(client.argv.end(), {"--user", connection.user.name});
    return client;
  }
  return fail_as(ErrorCode::not_supported, "keelson has no client for protocol '" + endpoint.protocol + "'", endpoint.name, {}, "see `keelson access`");
}

/// Reads the secret, and becomes the client; comes back only with a reason why not.
Result<void> become_client(Pipeline& pipeline, const Connection& connection, const ConnectOptions& options) {
  Runtime& runtime = pipeline.runtime();
  const std::string host = reachable_host(pipeline.foundation(), *connection.endpoint);
  const std::string ca_path = runtime.world().trust_file(TrustDomain::services);
  KEELSON_TRY(Client client, client_for(runtime.programs(), connection, host, ca_path));
  KEELSON_TRY(const Secret password, password_of(runtime, connection));
  KEELSON_TRY(Variables variables, connection_variables(connection, host, password, ca_path));
  for (const auto& variable : runtime.programs().environment(client.artifact))
    if (variable.first != "PATH" && variable.first != "HOME") variables.push_back(variable);
  client.argv.insert(client.argv.end(), options.arguments.begin(), options.arguments.end());
  return unexpected(replace_process(client.argv, environment_with(variables)));
}

Result<std::string> trusted(Runtime& runtime) {
  RealFiles real_files;
  Files& files = real_files;
  return files.read(runtime.world().trust_file(TrustDomain::services));
}

/// The client runs in a seat inside the foundation's network, as an application that may use this endpoint; its exit status.
Result<int> connect_from_inside(Pipeline& pipeline, const Connection& connection, const ConnectOptions& options) {
  Runtime& runtime = pipeline.runtime();
  const std::string host = connection.endpoint->address;
  KEELSON_TRY(const Client known, client_for(runtime.programs(), connection, host, {}));
  KEELSON_TRY(const Secret password, password_of(runtime, connection));
  KEELSON_TRY(const std::string roots, trusted(runtime));
  KEELSON_TRY(const auto seat, runtime.take_seat({.endpoint = connection.endpoint->name, .artifact = known.artifact}));
  KEELSON_TRY(const std::string ca_path, seat->keep("services.crt", Secret(roots)));
  KEELSON_TRY(const Client client, client_for(runtime.programs(), connection, host, ca_path));
  KEELSON_TRY(const Variables variables, connection_variables(connection, host, password, ca_path));
  KEELSON_TRY(const std::string kept, seat->keep("client.json", Secret(string_map_json({variables.begin(), variables.end()}).dump())));
  std::vector<std::string> words{std::string(kContainerProgram), "with", kept, "--"};
  words.insert(words.end(), client.argv.begin(), client.argv.end());
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  return run_to_end(seat->command(words), environment_with({}));
}

Result<Variables> variables_for(Pipeline& pipeline, const EnvOptions& options) {
  KEELSON_TRY(const Connection connection, choose_connection(pipeline.foundation(), options.component, options.role));
  KEELSON_TRY(const Secret password, password_of(pipeline.runtime(), connection));
  return connection_variables(connection, reachable_host(pipeline.foundation(), *connection.endpoint), password,
                              pipeline.runtime().world().trust_file(TrustDomain::services));
}

}  // namespace

int run(const ConnectOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto connection = choose_connection((*pipeline)->foundation(), options.component, options.role);
  if (!connection) return output.error(connection.error());
  if (!(*pipeline)->runtime().clients_are_inside()) return output.error(become_client(**pipeline, *connection, options).error());
  const auto status = connect_from_inside(**pipeline, *connection, options);
  return status ? *status : output.error(status.error());
}

int run(const EnvOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto variables = variables_for(**pipeline, options);
  if (!variables) return output.error(variables.error());
  if (output.structured()) {
    Json list = Json::object();
    for (const auto& [name, value] : *variables) list.set(name, value);
    output.document(document_head("env").set("foundation", (*pipeline)->foundation().name).set("variables", std::move(list)));
    return 0;
  }
  for (const auto& [name, value] : *variables) output.print("export " + name + "=" + shell_quoted(value) + "\n");
  return 0;
}

}  // namespace keelson::cli
