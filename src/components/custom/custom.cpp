#include "components/custom/custom.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/units.h"
#include "model/foundation.h"
#include "model/layout.h"

namespace keelson {
namespace {

constexpr std::array kPortFields{
    Setting{.name = "name", .type = SettingType::name, .doc = "What listens there.", .required = true},
    Setting{.name = "port", .type = SettingType::integer, .doc = "Port on the member's own address.", .minimum = 1, .maximum = 65535, .required = true},
};
constexpr std::array kSecretFields{
    Setting{.name = "name", .type = SettingType::text, .doc = "Name in the secret store; made if nobody else makes it.", .required = true},
    Setting{.name = "file", .type = SettingType::name, .doc = "File name under the member's config directory.", .required = true},
};
constexpr std::array kReadyFields{
    Setting{.name = "protocol", .type = SettingType::choice, .default_value = "tcp", .doc = "How readiness is asked; https trusts the foundation's own certificate.", .choices = "tcp|http|https"},
    Setting{.name = "path", .type = SettingType::text, .default_value = "/", .doc = "Path of the HTTP or HTTPS probe; 200 means ready."},
};
constexpr std::array kSettings{
    Setting{.name = "command", .type = SettingType::list, .doc = "Absolute program path and its arguments; {address}, {port}, {config}, {data}, {ca}, {certificate}, {key} are replaced.", .required = true},
    Setting{.name = "members", .type = SettingType::integer, .default_value = "1", .doc = "How many run.", .minimum = 1, .maximum = 50},
    Setting{.name = "ports", .type = SettingType::list, .default_value = "[]", .doc = "What it listens on; the first is probed. None: it is ready once it has lived for a second.", .fields = kPortFields},
    Setting{.name = "ready", .type = SettingType::object, .doc = "When it counts as ready.", .applies = Applies::live, .fields = kReadyFields},
    Setting{.name = "uses", .type = SettingType::list, .default_value = "[]", .doc = "Endpoints and programs of your own (kind custom) that it may reach, by name."},
    Setting{.name = "secrets", .type = SettingType::list, .default_value = "[]", .doc = "Secrets it gets, each as a file only it can read.", .fields = kSecretFields},
    Setting{.name = "environment", .type = SettingType::map, .doc = "Further environment variables; not for secrets."},
    Setting{.name = "storage", .type = SettingType::bytes, .default_value = "1Gi",
            .doc = "What its data folder is to hold: the size of the volume where volumes have sizes. 0 = it keeps nothing, and in a container gets no volume.", .minimum = 0},
    Setting{.name = "memory", .type = SettingType::bytes, .default_value = "256Mi", .doc = "Memory limit of one member.", .minimum = 4 << 20},
};
constexpr std::array kArtifacts{Artifact{.id = "host", .series = "", .source = ArtifactSource::host, .packages = {}, .program = ""}};

tl::unexpected<Error> wrong(std::string what, const SettingValue& value, std::string next) {
  return fail_as(ErrorCode::invalid_blueprint, std::move(what), value.mark.text(), {}, std::move(next));
}

/// "orders/db" belongs to the component only when it is its own prefix; others are made by their own component.
bool own_secret(std::string_view secret, std::string_view component) { return secret.substr(0, secret.find('/')) == component; }

Result<Shape> shape(const ShapeInput& input) {
  Shape shape;
  const auto& command = at(input.settings, "command");
  if (command.list().empty() || !command.list().front().text().starts_with('/'))
    return wrong("command does not start with an absolute path", command, "write the program's full path as the first item");
  if (const Settings& ready = at(input.settings, "ready").object(); at(input.settings, "ports").list().empty() && text(ready, "protocol") != "tcp")
    return wrong("ready asks by " + text(ready, "protocol") + ", but the component has no port", at(input.settings, "ready"), "name a port, or leave ready out");
  for (std::int64_t i = 1; i <= number(input.settings, "members"); ++i) {
    const std::string name = std::string(input.component) + "-" + std::to_string(i);
    shape.members.push_back({name, {name}});
  }
  for (const SettingValue& secret : at(input.settings, "secrets").list()) {
    const std::string& name = text(secret.object(), "name");
    if (name.find('/') == std::string::npos) return wrong("secret " + name + " has no owner", secret, "write it as component/name, such as " + std::string(input.component) + "/token");
    if (own_secret(name, input.component)) shape.secrets.push_back({name, "given to " + std::string(input.component)});
  }
  const std::string name(input.component);
  for (const SettingValue& port : at(input.settings, "ports").list()) shape.ports.push_back(static_cast<int>(number(port.object(), "port")));
  // Such a program has no endpoint: its members' ports are what its clients dial.
  shape.edges.push_back({name, name, 0, "its members among themselves"});
  shape.edges.push_back({std::string(kLocalUsers), name, 0, "users of this machine named by access.local"});
  for (const SettingValue& use : at(input.settings, "uses").list())
    shape.edges.push_back({name, use.text(), 0, "the blueprint lets " + name + " use it"});
  return shape;
}

std::string variable_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  return name;
}

/// Replaces {address} and the like; a brace word nobody knows is an error, so that a typing error does not become an argument.
Result<std::string> expand(std::string argument, const std::vector<std::pair<std::string, std::string>>& words, const SettingValue& value) {
  for (std::size_t open = argument.find('{'); open != std::string::npos; open = argument.find('{', open)) {
    const std::size_t close = argument.find('}', open);
    if (close == std::string::npos) break;
    const std::string word = argument.substr(open + 1, close - open - 1);
    const auto known = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == word; });
    if (known == words.end()) return wrong("{" + word + "} means nothing in a command", value, "known: {address} {port} {config} {data} {ca} {certificate} {key}");
    argument.replace(open, close - open + 1, known->second);
    open += known->second.size();
  }
  return argument;
}

/// Where another program of one's own is: ORDERS_ADDRESSES, its members' with commas between, and ORDERS_PORT, its first port.
void add_program(const Component& program, Instance& instance) {
  std::string addresses;
  for (const Member& member : program.members) addresses += (addresses.empty() ? "" : ",") + member.address;
  instance.environment.emplace_back(variable_name(program.name) + "_ADDRESSES", addresses);
  instance.environment.emplace_back(variable_name(program.name) + "_PORT", std::to_string(program.ports.front()));
}

/// Where the endpoints are that it uses: POSTGRESQL_PRIMARY_HOST, _ADDRESS and _PORT.
Result<void> add_endpoints(const RenderInput& input, Instance& instance) {
  std::vector<std::string> known;
  for (const Endpoint& endpoint : input.foundation.endpoints) known.push_back(endpoint.name);
  for (const SettingValue& use : at(input.component.settings, "uses").list()) {
    const Endpoint* endpoint = find_endpoint(input.foundation, use.text());
    const Component* program = find_component(input.foundation, use.text());
    if (endpoint == nullptr && program != nullptr && program->kind == &kCustom) {
      if (program->ports.empty()) return wrong("uses " + use.text() + ", which listens nowhere", use, "give it a port, or take it out of uses");
      add_program(*program, instance);
      continue;
    }
    if (endpoint == nullptr) {
      const std::string hint = nearest(use.text(), known);
      return wrong("uses " + use.text() + ", which is no endpoint and no program of this foundation", use, hint.empty() ? "see keelson access" : "did you mean " + hint + "?");
    }
    const std::string prefix = variable_name(endpoint->name);
    instance.environment.emplace_back(prefix + "_HOST", endpoint->name + "." + input.foundation.domain);
    instance.environment.emplace_back(prefix + "_ADDRESS", endpoint->address);
    instance.environment.emplace_back(prefix + "_PORT", std::to_string(endpoint->port));
  }
  return {};
}

Result<void> add_secrets(const RenderInput& input, Instance& instance) {
  for (const SettingValue& secret : at(input.component.settings, "secrets").list()) {
    const std::string& name = text(secret.object(), "name");
    const auto& all = input.foundation.secrets;
    if (std::none_of(all.begin(), all.end(), [&](const SecretSpec& spec) { return spec.name == name; }))
      return wrong("secret " + name + " is made by no component", secret, "see keelson secret list for the names");
    instance.files.push_back({text(secret.object(), "file"), Text(SecretRef{name, SecretForm::plain}), 0400, WritePolicy::always, Applies::restart});
  }
  return {};
}

/// The first port is asked; without one there is nobody to ask, and the process must merely live.
Probe probe_of(const RenderInput& input, const Member& member) {
  const SettingValue::List& ports = at(input.component.settings, "ports").list();
  if (ports.empty()) return {.protocol = ProbeProtocol::process};
  const Settings& ready = at(input.component.settings, "ready").object();
  const std::string& protocol = text(ready, "protocol");
  return {.protocol = protocol == "tcp" ? ProbeProtocol::tcp : ProbeProtocol::http,
          .address = listen_address(member),
          .port = static_cast<int>(number(ports.front().object(), "port")),
          .tls = protocol == "https",
          .server_name = member.name + "." + input.foundation.domain,
          .request = text(ready, "path")};
}

Result<void> render(const RenderInput& input, Member& member) {
  const Settings& settings = input.component.settings;
  Instance& instance = member.instances.front();
  instance.place = input.layout.place(input.component.name, instance.name);
  const SettingValue::List& ports = at(settings, "ports").list();
  const std::string trust = instance.place.tls + "/ca.crt";
  const std::string certificate = instance.place.tls + "/server.crt";
  const std::string key = instance.place.tls + "/server.key";
  std::vector<std::pair<std::string, std::string>> words{{"address", listen_address(member)}, {"config", instance.place.config}, {"data", instance.place.data},
                                                         {"ca", trust}, {"certificate", certificate}, {"key", key}};
  if (!ports.empty()) words.emplace_back("port", std::to_string(number(ports.front().object(), "port")));
  for (const SettingValue& argument : at(settings, "command").list()) {
    KEELSON_TRY(std::string expanded, expand(argument.text(), words, argument));
    instance.command.push_back(std::move(expanded));
  }
  instance.environment = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"HOME", instance.place.data},
                          {"KEELSON_ADDRESS", listen_address(member)}, {"KEELSON_CONFIG", instance.place.config}, {"KEELSON_CA", trust},
                          {"KEELSON_CERTIFICATE", certificate}, {"KEELSON_KEY", key}};
  KEELSON_CHECK(add_endpoints(input, instance));
  if (has(settings, "environment"))
    for (const auto& [name, value] : at(settings, "environment").object()) instance.environment.emplace_back(name, value.text());
  instance.trust = {{"ca", {TrustDomain::services}}};
  instance.certificates = {{.name = "server", .common_name = member.name, .server = true,
                            .dns_names = names_of(input.foundation, member.name), .ip_addresses = {member.address}}};
  KEELSON_CHECK(add_secrets(input, instance));
  instance.ready = probe_of(input, member);
  instance.memory_limit = number(settings, "memory");
  instance.storage = number(settings, "storage");
  return {};
}

}  // namespace

const Kind kCustom{
    .name = "custom",
    .summary = "a program of your own, run and supervised beside the engines",
    .settings = kSettings,
    .artifacts = kArtifacts,
    .verbs = {.shape = shape, .render = render},
};

}  // namespace keelson
