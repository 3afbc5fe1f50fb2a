#include "runtime/container_files.h"

#include <algorithm>

#include "runtime/container_image.h"
#include "runtime/container_layout.h"
#include "runtime/container_tools.h"
#include "runtime/probe_command.h"
#include "security/ca.h"
#include "supervision/member_facts.h"

namespace keelson {
namespace {

bool holds_secret(const Text& text) {
  return std::any_of(text.pieces().begin(), text.pieces().end(), [](const Text::Piece& piece) { return std::holds_alternative<SecretRef>(piece); });
}

class Collector {
 public:
  Collector(const PlacedInstance& placed, const ContainerUsers& users, FolderFiles& folder) : placed_(placed), users_(users), folder_(folder) {}

  ContainerFiles collect() {
    add_user();
    add_files();
    add_certificates();
    if (carries_keelson(*placed_.component)) {
      add_probe();
      add_tools();
    }
    if (leads()) add_member_facts();
    out_.command = command();
    return std::move(out_);
  }

 private:
  const Instance& instance() const { return *placed_.instance; }
  const std::string& component() const { return placed_.component->name; }
  /// Without keelson inside, a dead leader is the engine's own business.
  bool leads() const { return !instance().leadership.kind.empty() && carries_keelson(*placed_.component); }
  std::string member_file() const { return instance().place.home + "/" + std::string(kMemberFile); }

  /// The number has a name inside, that of its component, as Layout::user says. initdb and libpq look their own user up and give up
  /// without, and PostgreSQL's peer login compares names; no image can know a number that is given here.
  void add_user() {
    const std::string path = "config/" + instance().name + "/passwd";
    const std::string entry = component() + ":x:" + std::to_string(users_.uid_of(component())) + ":" + std::to_string(users_.gid_of(component())) + "::" +
                              instance().place.home + ":/usr/sbin/nologin\n";
    out_.mounted.push_back({"passwd", path, "/etc/passwd"});
    folder_.files.push_back({path, Text(entry), 0644, component(), instance().name});
  }

  void add_files() {
    for (const ConfigFile& file : instance().files) {
      const bool seed = file.policy == WritePolicy::seed;
      const bool secret = holds_secret(file.content);
      const std::string path = std::string(secret ? "secrets/" : "config/") + instance().name + "/" + file.path;
      out_.mounted.push_back({file.path, path, (seed ? std::string(kContainerGiven) : instance().place.config) + "/" + file.path, secret});
      folder_.files.push_back({path, file.content, secret ? 0600U : 0644U, component(), instance().name, seed, file.on_change == Applies::live});
      // A seed is the engine's after its first start: another text there changes nothing that runs.
      if (!seed) (file.on_change == Applies::live ? out_.live : out_.at_start) += file.path + "\n" + file.content.redacted() + "\n";
      out_.has_seed = out_.has_seed || seed;
    }
  }

  void add_certificates() {
    const std::string& tls = instance().place.tls;
    for (const Certificate& certificate : instance().certificates) {
      const FolderLeaf leaf{instance().name, component(), certificate};
      const std::string name = "tls/" + certificate.name, target = tls + "/" + certificate.name;
      out_.mounted.push_back({name + ".crt", leaf.public_path(), target + ".crt"});
      out_.mounted.push_back({name + ".key", leaf.secret_path(".key"), target + ".key", true});
      if (certificate.pem) out_.mounted.push_back({name + ".pem", leaf.secret_path(".pem"), target + ".pem", true});
      folder_.leaves.push_back(leaf);
    }
    for (const TrustFile& trust : instance().trust) {
      const std::string path = "config/" + instance().name + "/tls/" + trust.name + ".crt";
      out_.mounted.push_back({"tls/" + trust.name + ".crt", path, tls + "/" + trust.name + ".crt"});
      folder_.trust.push_back({path, trust.domains, instance().name});
    }
  }

  void add_probe() {
    const Probe& probe = instance().ready;
    const std::string directory(kContainerProbe);
    // PgBouncer is only asked whether it speaks TLS.
    if (probe.tls && probe.protocol != ProbeProtocol::pgbouncer)
      out_.mounted.push_back({"trust." + probe_trust(probe.trust), trust_path(probe.trust), directory + "/" + probe_trust(probe.trust), false, true});
    if (probe.secret.empty()) return;
    const std::string path = probe_password_path(instance().name);
    out_.mounted.push_back({"probe/" + std::string(kProbePassword), path, directory + "/" + std::string(kProbePassword), true});
    folder_.files.push_back({path, SecretRef{probe.secret, SecretForm::plain}, 0600, component(), instance().name});
  }

  void add_tools() {
    if (instance().tools.empty()) return;
    const std::string name(kToolsFile), path = "config/" + instance().name + "/" + name;
    out_.mounted.push_back({name, path, std::string(kContainerHome) + "/" + name});
    folder_.files.push_back({path, Text(tools_text(instance())), 0644, component(), instance().name});
  }

  /// keelson is the first process of a member that may lead, and gives a dead leader's leadership up.
  void add_member_facts() {
    const std::string probe = std::string(kContainerProbe) + "/", path = "config/" + instance().name + "/" + std::string(kMemberFile);
    const Text text(to_json(member_facts(instance(), probe + probe_trust(instance().ready.trust), probe + std::string(kProbePassword))).dump(2) + "\n");
    out_.mounted.push_back({std::string(kMemberFile), path, member_file()});
    folder_.files.push_back({path, text, 0644, component(), instance().name});
    out_.at_start += std::string(kMemberFile) + "\n" + text.redacted() + "\n";
    out_.first_process = true;
  }

  /// keelson is in front only where something is to be done before the engine starts, or when it ends.
  std::vector<std::string> command() const {
    if (!carries_keelson(*placed_.component)) return command_without_keelson(*placed_.component, instance());
    if (instance().launch.empty() && !out_.has_seed && !leads()) return instance().command;
    std::vector<std::string> out{std::string(kContainerProgram), "member"};
    if (!instance().launch.empty()) out.insert(out.end(), {"--launch", instance().launch});
    if (leads()) out.insert(out.end(), {"--facts", member_file()});
    out.insert(out.end(), {"--home", instance().place.home, "--"});
    out.insert(out.end(), instance().command.begin(), instance().command.end());
    return out;
  }

  const PlacedInstance& placed_;
  const ContainerUsers& users_;
  FolderFiles& folder_;
  ContainerFiles out_;
};

}  // namespace

ContainerFiles container_files(const PlacedInstance& placed, const ContainerUsers& users, FolderFiles& folder) { return Collector(placed, users, folder).collect(); }

void add_client_files(const Foundation& foundation, FolderFiles& folder) {
  for (const TrustDomain domain : trusted_outside(foundation)) folder.trust.push_back({trust_path(domain), {domain}});
  std::set<std::string> added;
  for (const Endpoint& endpoint : foundation.endpoints)
    for (const EndpointUser& user : endpoint.users)
      if (!user.secret.empty() && added.insert(user.secret).second)
        folder.files.push_back({std::string(kClientSecrets) + "/" + user.secret, SecretRef{user.secret, SecretForm::plain}, 0600, {}});
}

std::string trust_path(TrustDomain domain) { return "trust/" + probe_trust(domain); }

std::set<TrustDomain> trusted_outside(const Foundation& foundation) {
  std::set<TrustDomain> out{TrustDomain::services};
  for (const PlacedInstance& placed : instances_of(foundation))
    if (placed.instance->ready.tls) out.insert(placed.instance->ready.trust);
  return out;
}

std::string probe_password_path(const std::string& instance) { return "secrets/" + instance + "/probe/" + std::string(kProbePassword); }

std::vector<std::string> folder_notes(const Foundation& foundation) {
  std::vector<std::string> out;
  for (const Component& component : foundation.components) {
    if (component.kind->verbs.observe_provision != nullptr)
      out.push_back(component.name + ": what is made inside it (databases, roles, settings of the whole cluster) is made at the first start; a later change of "
                                     "the blueprint reaches it by keelson only, not by this folder");
    const bool leads = std::any_of(component.members.begin(), component.members.end(), [](const Member& member) { return !member.instances.front().leadership.kind.empty(); });
    if (leads && !carries_keelson(component)) out.push_back(component.name + ": keelson is not in " + component.image + ", so a dead leader is replaced on the engine's own timers");
  }
  return out;
}

}  // namespace keelson
