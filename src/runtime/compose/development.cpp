#include "runtime/compose/development.h"

#include <algorithm>

#include "artifact/image.h"
#include "runtime/compose/file.h"
#include "runtime/compose/folder.h"
#include "runtime/container_layout.h"
#include "system/digest.h"

namespace keelson::compose {
namespace {

constexpr int kStartMs = 60'000;  ///< the first start makes or copies a cluster

/// What all services of a component read, at one path in each.
struct ConfigOf {
  std::vector<Mount> mounts = {};
  std::string digest = {};
};

class Builder {
 public:
  explicit Builder(const DevelopmentFolder& input) : input_(input) { file_.project = input.project; }

  FolderContent build() {
    for (const Developed& component : input_.components) {
      const ConfigOf config = add_files(component);
      for (const DevelopmentService& service : component.development.services) file_.services.push_back(service_of(component, service, config));
      for (const SecretSpec& secret : component.development.secrets)
        out_.given.files.push_back({std::string(kClientSecrets) + "/" + secret.name, SecretRef{secret.name, SecretForm::plain}, 0600, {}});
      out_.instances.insert(component.name);
    }
    add_script("scripts/start-dev.sh", "Starts everything, or the services that are named, and waits until they are healthy.", "up -d --wait");
    add_script("scripts/stop-dev.sh", "Stops everything; data stays.", "down");
    out_.whole.push_back({std::string(kDevelopmentFile), mark_of(input_.project) + "# For development only: no TLS, known passwords, no failover.\n" + text_of(file_)});
    return std::move(out_);
  }

 private:
  void add_file(const std::string& component, const std::string& name, const std::string& target, Text content, ConfigOf& config) {
    const std::string path = "config/" + component + "/" + name, source = component + "." + name;
    config.mounts.push_back({source, target});
    config.digest += target + "\n" + content.redacted() + "\n";
    file_.configs.push_back({source, "../" + path});
    out_.given.files.push_back({path, std::move(content), 0644, {}});
  }

  ConfigOf add_files(const Developed& component) {
    ConfigOf out;
    const std::string home(kContainerHome);
    for (const ConfigFile& file : component.development.files) add_file(component.name, file.path, home + "/config/" + file.path, file.content, out);
    // initdb and libpq give up where the number they run as has no name.
    const std::string entry = "dev:x:" + std::to_string(input_.users.uid) + ":" + std::to_string(input_.users.gid) + "::" + home + ":/usr/sbin/nologin\n";
    add_file(component.name, "passwd", "/etc/passwd", Text(entry), out);
    return out;
  }

  Service service_of(const Developed& component, const DevelopmentService& service, const ConfigOf& config) {
    const std::string user = std::to_string(input_.users.uid) + ":" + std::to_string(input_.users.gid), volume = service.name + "-data";
    const auto& artifacts = component.kind->artifacts;
    const auto artifact = std::find_if(artifacts.begin(), artifacts.end(), [&](const Artifact& one) { return one.id == service.artifact; });
    Service out{.name = service.name,
                .image = image_name(*artifact, input_.build),
                .user = user,
                .command = service.command,
                .environment = service.environment,
                .healthcheck = {.test = service.healthy, .timeout_ms = 3'000, .start_period_ms = kStartMs},
                .ports = {{"127.0.0.1", service.published, service.port}},
                .configs = config.mounts,
                .volumes = {{volume, std::string(kContainerHome) + "/data"}},
                .tmpfs = {std::string(kContainerHome) + "/run:uid=" + std::to_string(input_.users.uid) + ",gid=" + std::to_string(input_.users.gid) + ",mode=0700"},
                .memory_limit = service.memory_limit};
    for (const std::string& before : service.after) out.after.push_back({before, "service_healthy"});
    file_.volumes.push_back(volume);
    out.files = sha256_hex(config.digest).substr(0, 16);
    out.digest = sha256_hex(text_of(out)).substr(0, 16) + "." + out.files;
    return out;
  }

  void add_script(const std::string& path, const std::string& what, const std::string& words) {
    const std::string text = "#!/bin/sh\n" + mark_of(input_.project) + "# " + what + "\nset -eu\ncd \"$(dirname \"$0\")/../dev\"\n" +
                             "if command -v docker-compose >/dev/null; then exec docker-compose " + words + " \"$@\"; fi\nexec docker compose " + words + " \"$@\"\n";
    out_.given.files.push_back({path, Text(text), 0755, {}});
  }

  const DevelopmentFolder& input_;
  File file_;
  FolderContent out_;
};

}  // namespace

FolderContent development_folder(const DevelopmentFolder& input) { return Builder(input).build(); }

}  // namespace keelson::compose
