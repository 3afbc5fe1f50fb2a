#include "runtime/compose/folder.h"

#include <algorithm>

#include "runtime/compose/network.h"
#include "runtime/compose/refusals.h"
#include "runtime/container_files.h"
#include "runtime/container_image.h"
#include "runtime/probe_command.h"
#include "system/digest.h"

namespace keelson::compose {
namespace {

/// Each is a process, so less often than natively; the time in which an engine may still come up does not count as failing.
constexpr int kProbeIntervalMs = 2'000;
constexpr int kProbeStartMs = 60'000;

std::string source_name(const std::string& instance, const MountedFile& file) {
  std::string out = file.shared ? file.name : instance + "." + file.name;
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

std::string short_digest(const std::string& text) { return sha256_hex(text).substr(0, 16); }

/// Collects what one instance contributes to the folder and its service.
class InstanceBuilder {
 public:
  InstanceBuilder(const FolderInput& input, const PlacedInstance& placed, Folder& folder) : input_(input), placed_(placed), folder_(folder) {}

  Service build() {
    describe();
    const ContainerFiles given = container_files(placed_, input_.users, folder_.given);
    for (const MountedFile& file : given.mounted) mount(file);
    add_writable(given.has_seed);
    service_.command = given.command;
    service_.init = !given.first_process;
    service_.files = short_digest(given.at_start + given.live);
    service_.digest = short_digest(text_of(service_)) + "." + short_digest(given.at_start);
    return std::move(service_);
  }

 private:
  const Instance& instance() const { return *placed_.instance; }
  const std::string& component() const { return placed_.component->name; }

  void describe() {
    const Foundation& foundation = input_.foundation;
    service_.name = instance().name;
    const ContainerImage image = *image_of(*placed_.component, instance(), input_.build);  // refusals() has seen that there is one
    service_.image = image.name;
    service_.pull = image.artifact != nullptr ? Pull::never : Pull::missing;
    service_.user = std::to_string(input_.users.uid_of(component())) + ":" + std::to_string(input_.users.gid_of(component()));
    service_.environment = instance().environment;
    for (const std::string& before : instance().after) service_.after.push_back({before, is_asked(before) ? "service_healthy" : "service_started"});
    service_.networks = attachments_of(foundation, *placed_.component, *placed_.member);
    service_.ports = published_ports(foundation, *placed_.component);
    service_.memory_limit = instance().memory_limit;
    service_.stop_signal = instance().stop_signal;
    service_.stop_timeout_ms = instance().stop_timeout_ms;
    const Probe& probe = instance().ready;
    if (carries_keelson(*placed_.component)) service_.healthcheck = {*probe_command(instance()), kProbeIntervalMs, 2 * probe.timeout_ms, probe.failures, kProbeStartMs};
  }

  /// Docker asks by a program in the container; where keelson is not inside, only `keelson up` and `keelson status` ask.
  bool is_asked(const std::string& name) const {
    const std::vector<PlacedInstance> all = instances_of(input_.foundation);
    return std::any_of(all.begin(), all.end(), [&](const PlacedInstance& one) { return one.instance->name == name && carries_keelson(*one.component); });
  }

  /// A config or secret, of this instance alone unless it is shared.
  void mount(const MountedFile& file) {
    const std::string source = source_name(instance().name, file);
    (file.secret ? service_.secrets : service_.configs).push_back({source, file.target});
    if (!file.shared) (file.secret ? folder_.compose.secrets : folder_.compose.configs).push_back({source, "./" + file.path});
  }

  void add_volume(const std::string& suffix, const std::string& target) {
    const std::string name = instance().name + "-" + suffix;
    folder_.compose.volumes.push_back(name);
    service_.volumes.push_back({name, target});
  }

  void add_writable(bool writes_configuration) {
    const Place& place = instance().place;
    const std::string owner = ":uid=" + std::to_string(input_.users.uid_of(component())) + ",gid=" + std::to_string(input_.users.gid_of(component())) + ",mode=0700";
    service_.tmpfs = {place.run + owner};
    // A new volume is as its image has the directory: in keelson's own anybody may write, in others whoever made the image decides.
    if (instance().storage == 0 && !carries_keelson(*placed_.component)) service_.tmpfs.push_back(place.data + owner);
    else add_volume("data", place.data);
    if (writes_configuration) add_volume("config", place.config);
  }

  const FolderInput& input_;
  const PlacedInstance& placed_;
  Folder& folder_;
  Service service_;
};

}  // namespace

Checked<Folder> folder_of(const FolderInput& input) {
  if (Errors refused = refusals(input.foundation); !refused.empty()) return unexpected(std::move(refused));
  Folder out;
  out.compose.project = input.foundation.name;
  out.compose.networks = input.networks;
  for (const TrustDomain domain : trusted_outside(input.foundation)) out.compose.configs.push_back({"trust." + probe_trust(domain), "./" + trust_path(domain)});
  add_client_files(input.foundation, out.given);
  for (const PlacedInstance& placed : instances_of(input.foundation)) out.compose.services.push_back(InstanceBuilder(input, placed, out).build());
  out.notes = folder_notes(input.foundation);
  return out;
}

std::string mark_of(const std::string& project) { return "# " + project + ": written by keelson; a change made here is undone by the next render.\n"; }

FolderContent content_of(const Folder& folder) {
  FolderContent out{folder.given, {}, {}};
  for (const Service& service : folder.compose.services) out.instances.insert(service.name);
  const std::string header = mark_of(folder.compose.project) +
                             "#   docker compose up -d --wait      start; images: keelson images build, keelson images load\n"
                             "#   docker compose ps                how it is\n"
                             "#   docker compose down              stop; data stays (-v removes it)\n";
  out.whole.push_back({std::string(kComposeFile), header + text_of(folder.compose)});
  return out;
}

}  // namespace keelson::compose
