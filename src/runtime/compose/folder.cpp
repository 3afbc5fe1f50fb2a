#include "runtime/compose/folder.h"

#include <algorithm>
#include <set>

#include "artifact/image.h"
#include "runtime/compose/health.h"
#include "runtime/compose/network.h"
#include "runtime/compose/refusals.h"
#include "security/ca.h"
#include "system/digest.h"

namespace keelson::compose {
namespace {

/// The roots that probes and clients trust, one file a domain.
std::string trust_path(TrustDomain domain) { return "trust/" + std::string(name(domain)) + ".crt"; }
std::string trust_source(TrustDomain domain) { return "trust." + std::string(name(domain)) + ".crt"; }

bool holds_secret(const Text& text) {
  return std::any_of(text.pieces().begin(), text.pieces().end(), [](const Text::Piece& piece) { return std::holds_alternative<SecretRef>(piece); });
}

std::string source_name(const std::string& instance, const std::string& path) {
  std::string out = instance + "." + path;
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
    add_user();
    add_files();
    add_certificates();
    add_probe();
    add_writable();
    service_.command = command();
    service_.files = short_digest(seen_ + seen_live_);
    service_.digest = short_digest(text_of(service_) + seen_);
    return std::move(service_);
  }

 private:
  const Instance& instance() const { return *placed_.instance; }
  const std::string& component() const { return placed_.component->name; }

  void describe() {
    const Foundation& foundation = input_.foundation;
    service_.name = instance().name;
    for (const Artifact& artifact : placed_.component->kind->artifacts)
      if (artifact.id == instance().artifact) service_.image = image_name(artifact);
    service_.user = std::to_string(input_.users.uid_of(component())) + ":" + std::to_string(input_.users.gid_of(component()));
    service_.environment = instance().environment;
    service_.after = instance().after;
    service_.networks = attachments_of(foundation, *placed_.component, *placed_.member);
    service_.memory_limit = instance().memory_limit;
    service_.stop_signal = instance().stop_signal;
    service_.stop_timeout_ms = instance().stop_timeout_ms;
    service_.healthcheck = *healthcheck_of(instance());  // refusals() has seen that there is one
  }

  /// A config or secret of this instance alone, at `target`.
  void mount(const std::string& shown, const std::string& path, const std::string& target, unsigned mode) {
    const std::string source = source_name(instance().name, shown);
    (mode == 0600 ? folder_.compose.secrets : folder_.compose.configs).push_back({source, "./" + path});
    (mode == 0600 ? service_.secrets : service_.configs).push_back({source, target});
  }

  /// The number has a name inside, that of its component, as Layout::user says. initdb and libpq look their own user up and give up
  /// without, and PostgreSQL's peer login compares names; no image can know a number that is given here.
  void add_user() {
    const std::string path = "config/" + instance().name + "/passwd";
    const std::string entry = component() + ":x:" + std::to_string(input_.users.uid_of(component())) + ":" + std::to_string(input_.users.gid_of(component())) + "::" +
                              instance().place.home + ":/usr/sbin/nologin\n";
    mount("passwd", path, "/etc/passwd", 0644);
    folder_.files.push_back({path, Text(entry), 0644, component(), instance().name});
  }

  void add_files() {
    for (const ConfigFile& file : instance().files) {
      const bool seed = file.policy == WritePolicy::seed;
      const unsigned mode = holds_secret(file.content) ? 0600 : 0644;
      const std::string path = std::string(mode == 0600 ? "secrets/" : "config/") + instance().name + "/" + file.path;
      mount(file.path, path, (seed ? std::string(kGiven) : instance().place.config) + "/" + file.path, mode);
      folder_.files.push_back({path, file.content, mode, component(), instance().name, seed, file.on_change == Applies::live});
      // A seed is the engine's after its first start: another text there changes nothing that runs.
      if (!seed) (file.on_change == Applies::live ? seen_live_ : seen_) += file.path + "\n" + file.content.redacted() + "\n";
      has_seed_ = has_seed_ || seed;
    }
  }

  void add_certificates() {
    const std::string& tls = instance().place.tls;
    for (const Certificate& certificate : instance().certificates) {
      const FolderLeaf leaf{instance().name, component(), certificate};
      const std::string base = "tls/" + certificate.name;
      mount(base + ".crt", leaf.public_path(), tls + "/" + certificate.name + ".crt", 0644);
      mount(base + ".key", leaf.secret_path(".key"), tls + "/" + certificate.name + ".key", 0600);
      if (certificate.pem) mount(base + ".pem", leaf.secret_path(".pem"), tls + "/" + certificate.name + ".pem", 0600);
      folder_.leaves.push_back(leaf);
    }
    for (const TrustFile& trust : instance().trust) {
      const std::string path = "config/" + instance().name + "/tls/" + trust.name + ".crt";
      mount("tls/" + trust.name + ".crt", path, tls + "/" + trust.name + ".crt", 0644);
      folder_.trust.push_back({path, trust.domains, instance().name});
    }
  }

  void add_probe() {
    const Probe& probe = instance().ready;
    const std::string directory(kProbe);
    // PgBouncer is only asked whether it speaks TLS.
    if (probe.tls && probe.protocol != ProbeProtocol::pgbouncer) service_.configs.push_back({trust_source(probe.trust), directory + "/" + probe_trust(probe.trust)});
    if (probe.secret.empty()) return;
    const std::string path = probe_password_path(instance().name);
    mount("probe/" + std::string(kProbePassword), path, directory + "/" + std::string(kProbePassword), 0600);
    folder_.files.push_back({path, SecretRef{probe.secret, SecretForm::plain}, 0600, component(), instance().name});
  }

  void add_volume(const std::string& suffix, const std::string& target) {
    const std::string name = instance().name + "-" + suffix;
    folder_.compose.volumes.push_back(name);
    service_.volumes.push_back({name, target});
  }

  void add_writable() {
    const Place& place = instance().place;
    add_volume("data", place.data);
    if (has_seed_) add_volume("config", place.config);
    const std::string owner = "uid=" + std::to_string(input_.users.uid_of(component())) + ",gid=" + std::to_string(input_.users.gid_of(component()));
    service_.tmpfs = {place.run + ":" + owner + ",mode=0700"};
  }

  /// keelson is the first process only where something is to be done before the engine starts.
  std::vector<std::string> command() const {
    if (instance().launch.empty() && !has_seed_) return instance().command;
    std::vector<std::string> out{std::string(kProgram), "member"};
    if (!instance().launch.empty()) out.insert(out.end(), {"--launch", instance().launch});
    out.insert(out.end(), {"--home", instance().place.home, "--"});
    out.insert(out.end(), instance().command.begin(), instance().command.end());
    return out;
  }

  const FolderInput& input_;
  const PlacedInstance& placed_;
  Folder& folder_;
  Service service_;
  std::string seen_;       ///< files that the engine reads at its start
  std::string seen_live_;  ///< files whose contents it can be told while it runs
  bool has_seed_ = false;
};

/// The roots that stand beside the Compose file: of clients, and of probes.
std::set<TrustDomain> trusted_outside(const Foundation& foundation) {
  std::set<TrustDomain> out{TrustDomain::services};
  for (const PlacedInstance& placed : instances_of(foundation))
    if (placed.instance->ready.tls) out.insert(placed.instance->ready.trust);
  return out;
}

/// What clients outside need, so that nobody has to have keelson for it.
void add_client_secrets(const Foundation& foundation, Folder& folder) {
  std::set<std::string> added;
  for (const Endpoint& endpoint : foundation.endpoints)
    for (const EndpointUser& user : endpoint.users)
      if (!user.secret.empty() && added.insert(user.secret).second)
        folder.files.push_back({std::string(kClientSecrets) + "/" + user.secret, SecretRef{user.secret, SecretForm::plain}, 0600, {}});
}

/// Natively a dead leader is given up for certain, and what lies inside an engine is compared and mended; a folder cannot, and nobody shall
/// believe it does.
void add_notes(const Foundation& foundation, Folder& folder) {
  for (const Component& component : foundation.components) {
    if (component.kind->verbs.observe_provision != nullptr)
      folder.notes.push_back(component.name + ": what is made inside it (databases, roles, settings of the whole cluster) is made at the first start; a later change of "
                                              "the blueprint reaches it by keelson only, not by this folder");
    for (const PlacedInstance& placed : instances_of(component)) {
      if (placed.instance->leadership.kind.empty()) continue;
      folder.notes.push_back(component.name + ": a leader that dies is replaced on the engine's own timers; the quick release is native only");
      break;
    }
  }
}

}  // namespace

std::string probe_password_path(const std::string& instance) { return "secrets/" + instance + "/probe/" + std::string(kProbePassword); }

Checked<Folder> folder_of(const FolderInput& input) {
  if (Errors refused = refusals(input.foundation); !refused.empty()) return unexpected(std::move(refused));
  Folder out;
  out.compose.project = input.foundation.name;
  out.compose.networks = input.networks;
  for (const TrustDomain domain : trusted_outside(input.foundation)) {
    out.compose.configs.push_back({trust_source(domain), "./" + trust_path(domain)});
    out.trust.push_back({trust_path(domain), {domain}});
  }
  for (const PlacedInstance& placed : instances_of(input.foundation)) out.compose.services.push_back(InstanceBuilder(input, placed, out).build());
  add_client_secrets(input.foundation, out);
  add_notes(input.foundation, out);
  return out;
}

}  // namespace keelson::compose
