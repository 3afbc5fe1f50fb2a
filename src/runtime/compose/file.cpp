#include "runtime/compose/file.h"

#include "base/json.h"
#include "runtime/yaml.h"

namespace keelson::compose {
namespace {

/// Where a service writes, it writes to its own volumes and these; logs are capped as natively.
constexpr const char* kLogSize = "16m";
constexpr const char* kLogFiles = "2";
constexpr int kProcesses = 4'096;

/// Compose replaces $NAME in every value it reads.
std::string literal(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '$' ? "$$" : std::string(1, c);
  return out;
}

Json list_of(const std::vector<std::string>& words) {
  Json out = Json::array();
  for (const std::string& word : words) out.push(literal(word));
  return out;
}

std::string duration(int milliseconds) { return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + "s" : std::to_string(milliseconds) + "ms"; }

Json healthcheck_json(const Healthcheck& check) {
  std::vector<std::string> test{"CMD"};
  test.insert(test.end(), check.test.begin(), check.test.end());
  return Json::object()
      .set("test", list_of(test))
      .set("interval", duration(check.interval_ms))
      .set("timeout", duration(check.timeout_ms))
      .set("retries", check.retries)
      .set("start_period", duration(check.start_period_ms));
}

Json networks_json(const std::vector<Attachment>& attachments) {
  Json out = Json::object();
  for (const Attachment& attachment : attachments) {
    Json one = Json::object();
    if (!attachment.address.empty()) one.set("ipv4_address", attachment.address);
    if (!attachment.aliases.empty()) one.set("aliases", list_of(attachment.aliases));
    out.set(attachment.network, std::move(one));
  }
  return out;
}

Json ports_json(const std::vector<PublishedPort>& ports) {
  Json out = Json::array();
  for (const PublishedPort& port : ports) out.push(port.address + ":" + std::to_string(port.port) + ":" + std::to_string(port.target));
  return out;
}

Json mounts_json(const std::vector<Mount>& mounts) {
  Json out = Json::array();
  for (const Mount& mount : mounts) out.push(Json::object().set("source", mount.source).set("target", mount.target));
  return out;
}

Json volumes_json(const std::vector<Mount>& mounts) {
  Json out = Json::array();
  for (const Mount& mount : mounts) out.push(mount.source + ":" + mount.target);
  return out;
}

Json service_json(const Service& service) {
  Json environment = Json::object();
  for (const auto& [name, value] : service.environment) environment.set(name, literal(value));
  Json after = Json::object();
  for (const Dependency& one : service.after) after.set(one.service, Json::object().set("condition", one.condition));

  Json out = Json::object();
  out.set("image", service.image).set("pull_policy", service.pull == Pull::never ? "never" : "missing").set("hostname", service.name).set("user", service.user);
  out.set("entrypoint", list_of(service.command)).set("environment", std::move(environment));
  if (!service.after.empty()) out.set("depends_on", std::move(after));
  if (!service.healthcheck.test.empty()) out.set("healthcheck", healthcheck_json(service.healthcheck));
  if (!service.networks.empty()) out.set("networks", networks_json(service.networks));
  if (!service.ports.empty()) out.set("ports", ports_json(service.ports));
  // Engine 20.10 passes the name of a stopped container on to the outside resolver, and each such look-up can hang for seconds.
  out.set("dns_opt", list_of({"ndots:1", "timeout:1", "attempts:1"}));
  if (!service.configs.empty()) out.set("configs", mounts_json(service.configs));
  if (!service.secrets.empty()) out.set("secrets", mounts_json(service.secrets));
  if (!service.volumes.empty()) out.set("volumes", volumes_json(service.volumes));
  out.set("tmpfs", list_of(service.tmpfs));
  out.set("init", service.init).set("read_only", true).set("cap_drop", list_of({"ALL"})).set("security_opt", list_of({"no-new-privileges:true"}));
  // What lies in /dev/shm counts as the container's memory; Docker's own limit of 64 MiB would break off PostgreSQL's parallel queries.
  if (service.memory_limit > 0) out.set("mem_limit", service.memory_limit).set("shm_size", service.memory_limit);
  out.set("pids_limit", kProcesses);
  out.set("stop_signal", std::to_string(service.stop_signal)).set("stop_grace_period", duration(service.stop_timeout_ms));
  out.set("restart", "unless-stopped");
  out.set("logging", Json::object().set("driver", "json-file").set("options", Json::object().set("max-size", kLogSize).set("max-file", kLogFiles)));
  return out;
}

Json owner_label(const std::string& owner) { return owner.empty() ? Json::object() : Json::object().set(kOwnerLabel, owner); }

Json labelled(Json out, Json labels) {
  if (!labels.members().empty()) out.set("labels", std::move(labels));
  return out;
}

Json network_json(const Network& network) {
  const Json pool = Json::object().set("subnet", network.subnet).set("gateway", network.gateway).set("ip_range", network.dynamic);
  Json out = Json::object();
  if (network.way == Way::none) out.set("internal", true);
  else out.set("driver_opts", Json::object().set("com.docker.network.bridge.enable_ip_masquerade", "false"));
  return out.set("ipam", Json::object().set("config", Json::array().push(pool)));
}

Json sources_json(const std::vector<FileSource>& sources) {
  Json out = Json::object();
  for (const FileSource& source : sources) out.set(source.name, Json::object().set("file", source.path));
  return out;
}

}  // namespace

std::string text_of(const Service& service) { return yaml_text(service_json(service)); }

std::string text_of(const File& file) {
  Json services = Json::object(), networks = Json::object(), volumes = Json::object();
  for (const Service& service : file.services)
    services.set(service.name, labelled(service_json(service), owner_label(file.owner).set(kFilesLabel, service.files).set(kDigestLabel, service.digest)));
  for (const Network& network : file.networks) networks.set(network.name, labelled(network_json(network), owner_label(file.owner)));
  for (const std::string& volume : file.volumes) volumes.set(volume, labelled(Json::object(), owner_label(file.owner)));
  Json out = Json::object().set("name", file.project).set("services", std::move(services));
  if (!file.networks.empty()) out.set("networks", std::move(networks));
  if (!file.volumes.empty()) out.set("volumes", std::move(volumes));
  if (!file.configs.empty()) out.set("configs", sources_json(file.configs));
  if (!file.secrets.empty()) out.set("secrets", sources_json(file.secrets));
  return yaml_text(out);
}

}  // namespace keelson::compose
