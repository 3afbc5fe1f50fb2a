#include "pipeline/render_kubernetes.h"

#include <algorithm>

#include "artifact/image.h"
#include "pipeline/kubernetes_place.h"
#include "pipeline/render_state.h"
#include "runtime/container_files.h"
#include "runtime/kubernetes/manifests.h"

namespace keelson {
namespace {

using kubernetes::Manifests;
using kubernetes::Object;

constexpr const char* kFirst = "kubernetes/cluster-config.yaml";

/// What differs between layouts.
struct Names {
  std::string policies = "kubernetes/network-policies.yaml";
  std::string script = "deploy.sh";
  std::string apply = "kubectl apply --server-side --field-manager=keelson -f ";
  bool secrets_apart = true;
  bool role_names = false;
};

/// Its script applies as the handbook has people do by hand: who then does so finds nothing to change, and no fields of another manager.
const Names kNexus{"kubernetes/calico-config.yaml", "deploy-phase1.sh", "kubectl apply -f ", false, true};

bool files_has(Files& files, const std::string& path) {
  const auto there = files.info(path);
  return there && *there;
}

Checked<Names> names_of_layout(const std::string& layout) {
  if (layout.empty()) return Names{};
  if (layout == "nexus") return kNexus;
  return unexpected(Errors{{ErrorCode::usage, "there is no layout '" + layout + "' for Kubernetes", "--layout", {}, "nexus, or leave it out"}});
}

std::string mark_of(const std::string& foundation) { return "# " + foundation + ": written by keelson; a change made here is undone by the next render.\n"; }

const std::string& entry_of(const Component& component) { return component.companion_of.empty() ? component.name : component.companion_of; }

/// The objects of each entry of the blueprint; those of none are the namespace and the policies.
std::map<std::string, std::vector<Object>> by_entry(const Foundation& foundation, const Manifests& manifests) {
  std::map<std::string, std::vector<Object>> out;
  const auto entry_named = [&](const Object& object) -> std::string {
    const auto& labels = kubernetes::meta_of(object).labels;
    const auto component = labels.find(kubernetes::kComponent);
    return component == labels.end() || std::holds_alternative<kubernetes::NetworkPolicy>(object) ? std::string() : entry_of(*find_component(foundation, component->second));
  };
  for (const Object& object : manifests.shared) out[entry_named(object)].push_back(object);
  for (const PlacedInstance& placed : instances_of(foundation))
    for (const Object& object : manifests.instances.at(placed.instance->name)) out[entry_of(*placed.component)].push_back(object);
  return out;
}

std::vector<Object> those(const std::vector<Object>& objects, bool secret) {
  std::vector<Object> out;
  std::copy_if(objects.begin(), objects.end(), std::back_inserter(out), [&](const Object& object) { return std::holds_alternative<kubernetes::SecretObject>(object) == secret; });
  return out;
}

/// Puts files into the folder, each only where it differs.
class FolderOf {
 public:
  FolderOf(RenderState& state, const Foundation& foundation, std::string directory) : state_(state), foundation_(foundation), directory_(std::move(directory)) {}

  Result<void> put(const std::string& path, const std::vector<Object>& objects, bool secret) {
    KEELSON_TRY(const Secret text, kubernetes::yaml_of(objects, state_.lookup()));
    applied_.push_back(path);
    return put_text(path, mark_of(foundation_.name) + std::string(text.reveal()), secret ? 0600 : 0644);
  }

  Result<void> put_text(const std::string& path, const std::string& text, unsigned mode) {
    Files& files = state_.files();
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      KEELSON_CHECK(files.make_directory(directory_ + "/" + path.substr(0, slash), path.starts_with("secrets/") ? 0700 : 0755));
    KEELSON_TRY(const auto info, files.info(directory_ + "/" + path));
    if (info && info->mode == mode && files.read(directory_ + "/" + path).value_or("") == text) return {};
    KEELSON_CHECK(files.write(directory_ + "/" + path, text, mode));
    changed_.push_back(path);
    return {};
  }

  /// Folders of entries that the blueprint no longer has.
  Result<void> prune(const std::map<std::string, std::vector<Object>>& entries) {
    Files& files = state_.files();
    KEELSON_TRY(const std::vector<std::string> names, files.list(directory_));
    for (const std::string& name : names) {
      KEELSON_TRY(const auto cluster, files.info(directory_ + "/" + name + "/" + name + "-cluster.yaml"));
      if (!cluster || entries.contains(name)) continue;
      KEELSON_CHECK(files.remove_tree(directory_ + "/" + name));
      changed_.push_back(name);
    }
    return {};
  }

  /// In the order in which they are to be applied.
  const std::vector<std::string>& applied() const { return applied_; }
  std::vector<std::string>& changed() { return changed_; }

 private:
  RenderState& state_;
  const Foundation& foundation_;
  const std::string directory_;
  std::vector<std::string> applied_;
  std::vector<std::string> changed_;
};

std::string script_of(const Foundation& foundation, const std::string& space, const std::string& apply, const std::vector<std::string>& paths) {
  std::string out = "#!/bin/sh\n" + mark_of(foundation.name) + "# Applies the folder to the cluster that kubectl means, and waits until every pod is ready. Again: what is right already is left alone.\n"
                    "set -eu\ncd \"$(dirname \"$0\")\"\n";
  for (const std::string& path : paths) out += apply + path + "\n";
  out += "for set in $(kubectl --namespace " + space + " get statefulsets --selector=" + kubernetes::kPartOf + "=" + foundation.name + " --output=name); do\n"
         "  kubectl --namespace " + space + " rollout status \"$set\" --timeout=300s\ndone\n";
  return out;
}

/// Certificates and keys are issued into the state directory, so that rendering again changes nothing.
Result<Manifests> issue(const Foundation& foundation, const kubernetes::Cluster& cluster, const std::string& state_dir, const RenderRequest& request, RenderState& state) {
  FolderContent given{kubernetes::pod_files(foundation), {}, {}};
  for (const PlacedInstance& placed : instances_of(foundation)) given.instances.insert(placed.instance->name);
  const std::string issued = state_dir + "/kubernetes-rendered";  // what stands has its own, with the names of its own namespace
  KEELSON_CHECK(write_folder(given, kubernetes::pod_users(), Owning::renderer, issued, state.machine()));
  KEELSON_TRY(const std::string build, build_of(state.files(), request.request.program));
  return kubernetes::manifests_of({foundation, cluster, [&](const std::string& path) { return state.files().read(issued + "/" + path); }, {}, request.request.storage_class, build});
}

Result<void> put_client_files(const Foundation& foundation, bool secrets_apart, RenderState& state, FolderOf& folder) {
  FolderFiles clients;
  add_client_files(foundation, clients);
  for (const FolderTrust& trust : clients.trust) {
    std::string roots;
    for (const TrustDomain domain : trust.domains) roots += state.machine().authority.root_pem(domain);
    KEELSON_CHECK(folder.put_text(trust.path, roots, 0644));
  }
  for (const FolderFile& file : clients.files) {
    KEELSON_TRY(const Secret content, materialise(file.content, state.lookup()));
    KEELSON_CHECK(folder.put_text(file.path, std::string(content.reveal()), 0600));
  }
  return folder.put_text(".gitignore", std::string("secrets/\n") + (secrets_apart ? "*-secrets.yaml\n" : "*/*-cluster.yaml\n"), 0644);
}

Result<std::vector<std::string>> write(const Foundation& foundation, const kubernetes::Cluster& cluster, const Names& names, const RenderRequest& request, const std::string& state_dir,
                                       const std::string& directory) {
  KEELSON_TRY(const auto state, RenderState::open(foundation, state_dir, request.request.command));
  KEELSON_TRY(const Manifests manifests, issue(foundation, cluster, state_dir, request, *state));
  FolderOf folder(*state, foundation, directory);
  KEELSON_CHECK(state->files().make_directory(directory, 0755));
  std::map<std::string, std::vector<Object>> entries = by_entry(foundation, manifests);
  std::vector<Object> space, policies;
  for (const Object& object : entries[""]) (std::holds_alternative<kubernetes::Namespace>(object) ? space : policies).push_back(object);
  entries.erase("");
  KEELSON_CHECK(folder.put(kFirst, space, false));
  if (names.role_names) policies.insert(policies.begin(), space.begin(), space.end());  // each file can be applied by itself, this one first of all
  KEELSON_CHECK(folder.put(names.policies, policies, false));
  for (const auto& [entry, objects] : entries) {
    const std::string base = entry + "/" + entry;
    if (names.secrets_apart) KEELSON_CHECK(folder.put(base + "-secrets.yaml", those(objects, true), true));
    KEELSON_CHECK(folder.put(base + "-cluster.yaml", names.secrets_apart ? those(objects, false) : objects, !names.secrets_apart));
  }
  KEELSON_CHECK(put_client_files(foundation, names.secrets_apart, *state, folder));
  KEELSON_CHECK(folder.prune(entries));
  KEELSON_CHECK(folder.put_text(names.script, script_of(foundation, cluster.space, names.apply, folder.applied()), 0755));
  KEELSON_CHECK(state->write_access(foundation, directory, folder.changed()));
  KEELSON_CHECK(state->finish(folder.changed()));
  return std::move(folder.changed());
}

}  // namespace

Checked<RenderReport> render_kubernetes(const RenderRequest& request, const Blueprint& blueprint, const std::string& state_dir, const std::string& directory) {
  KEELSON_TRY(const Names names, names_of_layout(request.layout));
  kubernetes::Cluster cluster;
  cluster.space = kubernetes::namespace_of(blueprint.foundation, request.request.namespace_prefix);
  cluster.role_names = names.role_names;
  KEELSON_TRY(const Foundation foundation, place_on_kubernetes(blueprint, cluster));
  if (Errors refused = kubernetes::unsupported(foundation); !refused.empty()) return unexpected(std::move(refused));
  RealFiles files;
  if (const auto target = check_target(files, directory, foundation.name, kFirst, mark_of(foundation.name)); !target) return unexpected(Errors{target.error()});
  for (const Names& other : {Names{}, kNexus})
    if (other.script != names.script && files_has(files, directory + "/" + other.script))
      return unexpected(Errors{{ErrorCode::preflight_refused, "the folder was rendered in another layout", directory, "both would be applied: it has " + other.script, "render into another folder: --out DIR"}});
  auto changed = write(foundation, cluster, names, request, state_dir, directory);
  if (!changed) return unexpected(Errors{changed.error()});
  return RenderReport{directory, std::move(*changed), folder_notes(foundation)};
}

}  // namespace keelson
