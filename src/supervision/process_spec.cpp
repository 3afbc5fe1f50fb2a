#include "supervision/process_spec.h"

#include <array>

#include "base/units.h"
#include "system/digest.h"

namespace keelson {
namespace {

constexpr std::array<std::string_view, 5> kProtocols{"tcp", "http", "redis", "pgbouncer", "process"};
static_assert(kProtocols.size() == static_cast<std::size_t>(ProbeProtocol::process) + 1);
constexpr std::array<std::string_view, 3> kDomains{"control", "members", "services"};
static_assert(kDomains.size() == static_cast<std::size_t>(TrustDomain::services) + 1);

template <std::size_t N>
Result<std::size_t> index_of(const std::array<std::string_view, N>& names, const Json& json, std::string_view field) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == json.as_string()) return i;
  return fail("unknown value", std::string(field), "\"" + json.as_string() + "\"");
}

int as_int(const Json& json) { return static_cast<int>(json.as_int()); }

Json command_json(const ProcessSpec& spec) {
  Json command = Json::array();
  for (const auto& word : spec.command) command.push(word);
  Json environment = Json::array();
  for (const auto& [key, value] : spec.environment) environment.push(Json::array().push(key).push(value));
  return Json::object()
      .set("command", std::move(command))
      .set("environment", std::move(environment))
      .set("directory", spec.directory)
      .set("uid", spec.uid)
      .set("gid", spec.gid)
      .set("memory_limit", spec.memory_limit)
      .set("open_files", spec.open_files);
}

Json tending_json(const ProcessSpec& spec) {
  return Json::object()
      .set("stop_signal", spec.stop_signal)
      .set("stop_timeout_ms", spec.stop_timeout_ms)
      .set("ready", to_json(spec.ready))
      .set("leadership", to_json(spec.leadership));
}

}  // namespace

Json to_json(const Probe& probe) {
  return Json::object()
      .set("protocol", kProtocols[static_cast<std::size_t>(probe.protocol)])
      .set("address", probe.address)
      .set("port", probe.port)
      .set("tls", probe.tls)
      .set("server_name", probe.server_name)
      .set("trust", kDomains[static_cast<std::size_t>(probe.trust)])
      .set("client_certificate", probe.client_certificate)
      .set("request", probe.request)
      .set("expect_status", probe.expect_status)
      .set("user", probe.user)
      .set("secret", probe.secret)
      .set("interval_ms", probe.interval_ms)
      .set("timeout_ms", probe.timeout_ms)
      .set("failures", probe.failures);
}

Result<Probe> probe_from_json(const Json& json) {
  Probe probe;
  KEELSON_TRY(const std::size_t protocol, index_of(kProtocols, json["protocol"], "ready.protocol"));
  KEELSON_TRY(const std::size_t trust, index_of(kDomains, json["trust"], "ready.trust"));
  probe.protocol = static_cast<ProbeProtocol>(protocol);
  probe.trust = static_cast<TrustDomain>(trust);
  probe.address = json["address"].as_string();
  probe.port = as_int(json["port"]);
  probe.tls = json["tls"].as_bool();
  probe.server_name = json["server_name"].as_string();
  probe.client_certificate = json["client_certificate"].as_bool();
  probe.request = json["request"].as_string();
  probe.expect_status = as_int(json["expect_status"]);
  probe.user = json["user"].as_string();
  probe.secret = json["secret"].as_string();
  probe.interval_ms = as_int(json["interval_ms"]);
  probe.timeout_ms = as_int(json["timeout_ms"]);
  probe.failures = as_int(json["failures"]);
  if (probe.interval_ms < 1 || probe.timeout_ms < 1 || probe.failures < 1)
    return fail("interval_ms, timeout_ms and failures must be positive", "ready");
  return probe;
}

Json to_json(const Leadership& leadership) {
  return Json::object().set("kind", leadership.kind).set("facts", leadership.facts).set("engine_pid_file", leadership.engine_pid_file);
}

Leadership leadership_from_json(const Json& json) { return {json["kind"].as_string(), json["facts"].as_string(), json["engine_pid_file"].as_string()}; }

Json to_json(const ProcessSpec& spec) {
  Json json = Json::object().set("name", spec.name).set("component", spec.component).set("member", spec.member);
  const Json command = command_json(spec);
  for (const auto& [key, value] : command.members()) json.set(key, value);
  const Json tending = tending_json(spec);
  for (const auto& [key, value] : tending.members()) json.set(key, value);
  return json;
}

Result<ProcessSpec> process_spec_from_json(const Json& json) {
  ProcessSpec spec;
  spec.name = json["name"].as_string();
  spec.component = json["component"].as_string();
  spec.member = json["member"].as_string();
  for (const auto& word : json["command"].items()) spec.command.push_back(word.as_string());
  for (const auto& pair : json["environment"].items()) {
    if (pair.items().size() != 2) return fail("not a pair of name and value", "environment");
    spec.environment.emplace_back(pair.items()[0].as_string(), pair.items()[1].as_string());
  }
  spec.directory = json["directory"].as_string();
  spec.uid = static_cast<int>(json["uid"].as_int(-1));
  spec.gid = static_cast<int>(json["gid"].as_int(-1));
  spec.stop_signal = static_cast<int>(json["stop_signal"].as_int(15));
  spec.stop_timeout_ms = static_cast<int>(json["stop_timeout_ms"].as_int(30'000));
  spec.memory_limit = json["memory_limit"].as_int();
  spec.open_files = json["open_files"].as_int(65'536);
  KEELSON_TRY(spec.ready, probe_from_json(json["ready"]));
  spec.leadership = leadership_from_json(json["leadership"]);
  // The name becomes a file, a FIFO and a cgroup: nothing but a DNS name may pass.
  if (!is_dns_name(spec.name)) return fail("not a name for an instance", "name", "\"" + spec.name + "\"");
  if (spec.command.empty() || !spec.command[0].starts_with('/')) return fail("the program must be an absolute path", spec.name);
  if (!spec.directory.starts_with('/')) return fail("the directory must be an absolute path", spec.name);
  if (spec.stop_signal < 1 || spec.stop_signal > 64) return fail("not a signal", spec.name, std::to_string(spec.stop_signal));
  return spec;
}

ProcessSpec with_limit(ProcessSpec spec, std::int64_t memory_limit) {
  spec.memory_limit = memory_limit;
  return spec;
}

std::string command_digest(const ProcessSpec& spec) { return sha256_hex(command_json(spec).dump()); }

std::string tending_digest(const ProcessSpec& spec) { return sha256_hex(tending_json(spec).dump()); }

}  // namespace keelson
