#include "pipeline/render_kubernetes.h"

#include <algorithm>

#include "artifact/image.h"
#include "pipeline/kubernetes_layouts.h"
#include "pipeline/kubernetes_place.h"
#include "pipeline/render_state.h"
#include "runtime/container_files.h"
#include "runtime/kubernetes/manifests.h"

namespace keelson {
namespace {

using kubernetes::Manifests;
using kubernetes::Object;

bool files_has(Files& files, const std::string& path) {
  const auto there = files.info(path);
  return there && *there;
}

std::string mark_of(const std::string& foundation) { return "# " + foundation + ": written by keelson; a change made here is undone by the next render.\n"; }

const std::string& entry_of(const Component& component) { return component.companion_of.empty() ? component.name : component.companion_of; }

/// A file of the folder that is applied.
struct ManifestFile {
  std::string path;
  std::vector<Object> objects;
  bool secret = false;
};

/// Objects by the entry of the blueprint that they belong to; "" = they are about the whole.
using ByEntry = std::map<std::string, std::vector<Object>>;

ByEntry by_entry(const Foundation& foundation, const Manifests& manifests, const KubernetesLayout& layout) {
  ByEntry out;
  const auto entry_named = [&](const Object& object) -> std::string {
    const auto& labels = kubernetes::meta_of(object).labels;
    const auto component = labels.find(kubernetes::kComponent);
    const bool whole = std::holds_alternative<kubernetes::NetworkPolicy>(object) && !layout.policies.empty();
    return component == labels.end() || whole ? std::string() : entry_of(*find_component(foundation, component->second));
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

std::string folder_of(const Foundation& foundation, const std::string& entry, const KubernetesLayout& layout) {
  return layout.folders == KubernetesLayout::Folders::entries ? entry : std::string(find_component(foundation, entry)->kind->name);
}

/// The namespaces, and who may talk to whom where no entry's file says it.
std::vector<ManifestFile> files_of_the_whole(const std::vector<Object>& objects, const KubernetesLayout& layout, const std::string& prefix, const std::string& foundation) {
  std::vector<Object> spaces, policies;
  for (const Object& object : objects) (std::holds_alternative<kubernetes::Namespace>(object) ? spaces : policies).push_back(object);
  for (const std::string_view more : layout.more_spaces) {
    auto space = std::get<kubernetes::Namespace>(spaces.front());
    space.meta.name = kubernetes::namespace_of(foundation, prefix) + std::string(more);
    spaces.emplace_back(std::move(space));
  }
  if (layout.policies.empty()) {
    spaces.insert(spaces.end(), policies.begin(), policies.end());
    return {{std::string(layout.spaces), std::move(spaces)}};
  }
  if (layout.secrets == KubernetesLayout::Secrets::within) policies.insert(policies.begin(), spaces.begin(), spaces.end());  // applied by hand, this one may be the first
  return {{std::string(layout.spaces), std::move(spaces)}, {std::string(layout.policies), std::move(policies)}};
}

/// In the order in which they are to be applied.
std::vector<ManifestFile> files_of(const Foundation& foundation, ByEntry entries, const KubernetesLayout& layout, const std::string& prefix) {
  std::vector<ManifestFile> out = files_of_the_whole(entries[""], layout, prefix, foundation.name);
  entries.erase("");
  for (const auto& [entry, objects] : entries) {
    const std::string folder = folder_of(foundation, entry, layout), base = std::string(layout.below) + folder + "/" + folder;
    const bool apart = layout.secrets == KubernetesLayout::Secrets::apart;
    if (apart) out.push_back({base + "-secrets.yaml", those(objects, true), true});
    out.push_back({base + std::string(layout.suffix), apart ? those(objects, false) : objects, !apart});
  }
  return out;
}

/// Puts files into the folder, each only where it differs.
class FolderOf {
 public:
  FolderOf(RenderState& state, const Foundation& foundation, std::string directory) : state_(state), foundation_(foundation), directory_(std::move(directory)) {}

  Result<void> put(const ManifestFile& file) {
    KEELSON_TRY(const Secret text, kubernetes::yaml_of(file.objects, state_.lookup()));
    return put_text(file.path, mark_of(foundation_.name) + std::string(text.reveal()), file.secret ? 0600 : 0644);
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
  Result<void> prune(const std::vector<ManifestFile>& wanted, const KubernetesLayout& layout) {
    Files& files = state_.files();
    KEELSON_TRY(const std::vector<std::string> names, files.list(directory_ + "/" + std::string(layout.below)));
    for (const std::string& name : names) {
      const std::string folder = std::string(layout.below) + name, path = folder + "/" + name + std::string(layout.suffix);
      KEELSON_TRY(const auto there, files.info(directory_ + "/" + path));
      if (!there || std::any_of(wanted.begin(), wanted.end(), [&](const ManifestFile& file) { return file.path == path; })) continue;
      KEELSON_CHECK(files.remove_tree(directory_ + "/" + folder));
      changed_.push_back(folder);
    }
    return {};
  }

  std::vector<std::string>& changed() { return changed_; }

 private:
  RenderState& state_;
  const Foundation& foundation_;
  const std::string directory_;
  std::vector<std::string> changed_;
};

std::string script_of(const Foundation& foundation, const std::string& space, const KubernetesLayout& layout, const std::vector<ManifestFile>& applied) {
  std::string out = "#!/bin/sh\n" + mark_of(foundation.name) + "# Applies the folder to the cluster that kubectl means, and waits until every pod is ready. Again: what is right already is left alone.\n"
                    "set -eu\ncd \"$(dirname \"$0\")\"\n";
  for (const ManifestFile& file : applied) out += std::string(layout.apply) + file.path + "\n";
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

std::string ignored(const KubernetesLayout& layout) {
  return std::string("secrets/\n") + (layout.secrets == KubernetesLayout::Secrets::apart ? "*-secrets.yaml" : std::string(layout.below) + "*/*" + std::string(layout.suffix)) + "\n";
}

Result<void> put_client_files(const Foundation& foundation, const KubernetesLayout& layout, RenderState& state, FolderOf& folder) {
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
  return folder.put_text(".gitignore", ignored(layout), 0644);
}

Result<std::vector<std::string>> write(const Foundation& foundation, const kubernetes::Cluster& cluster, const KubernetesLayout& layout, const RenderRequest& request,
                                       const std::string& state_dir, const std::string& directory) {
  KEELSON_TRY(const auto state, RenderState::open(foundation, state_dir, request.request.command));
  KEELSON_TRY(const Manifests manifests, issue(foundation, cluster, state_dir, request, *state));
  FolderOf folder(*state, foundation, directory);
  KEELSON_CHECK(state->files().make_directory(directory, 0755));
  const std::vector<ManifestFile> files = files_of(foundation, by_entry(foundation, manifests, layout), layout, request.request.namespace_prefix);
  for (const ManifestFile& file : files) KEELSON_CHECK(folder.put(file));
  KEELSON_CHECK(put_client_files(foundation, layout, *state, folder));
  KEELSON_CHECK(folder.prune(files, layout));
  KEELSON_CHECK(folder.put_text(std::string(layout.script), script_of(foundation, cluster.space, layout, files), 0755));
  KEELSON_CHECK(state->write_access(foundation, directory, folder.changed()));
  KEELSON_CHECK(state->finish(folder.changed()));
  return std::move(folder.changed());
}

/// Folders that are called by kinds hold one entry each.
Errors clashes(const Foundation& foundation, const KubernetesLayout& layout) {
  Errors out;
  std::map<std::string, std::string> taken;
  for (const Component& component : foundation.components) {
    if (!component.companion_of.empty()) continue;
    const auto [first, free] = taken.emplace(folder_of(foundation, component.name, layout), component.name);
    if (!free)
      out.push_back({ErrorCode::not_supported, "components." + component.name + " has no place in layout " + std::string(layout.name), {},
                     "it has one folder for each kind, and that of " + first->first + " is of " + first->second, "leave --layout out"});
  }
  return out;
}

Result<void> check_layout_of(Files& files, const std::string& directory, const KubernetesLayout& layout) {
  for (const KubernetesLayout& other : kubernetes_layouts())
    if (other.script != layout.script && files_has(files, directory + "/" + std::string(other.script)))
      return fail_as(ErrorCode::preflight_refused, "the folder was rendered in another layout", directory, "both would be applied: it has " + std::string(other.script), "render into another folder: --out DIR");
  return {};
}

}  // namespace

Checked<RenderReport> render_kubernetes(const RenderRequest& request, const Blueprint& blueprint, const std::string& state_dir, const std::string& directory) {
  const auto layout = find_kubernetes_layout(request.layout);
  if (!layout) return unexpected(Errors{layout.error()});
  const kubernetes::Cluster cluster = (*layout)->cluster(blueprint.foundation, request.request.namespace_prefix);
  KEELSON_TRY(const Foundation foundation, place_on_kubernetes(blueprint, cluster));
  Errors refused = kubernetes::unsupported(foundation);
  for (Error& clash : clashes(foundation, **layout)) refused.push_back(std::move(clash));
  if (!refused.empty()) return unexpected(std::move(refused));
  RealFiles files;
  if (const auto other = check_layout_of(files, directory, **layout); !other) return unexpected(Errors{other.error()});
  if (const auto target = check_target(files, directory, foundation.name, std::string((*layout)->spaces), mark_of(foundation.name)); !target) return unexpected(Errors{target.error()});
  auto changed = write(foundation, cluster, **layout, request, state_dir, directory);
  if (!changed) return unexpected(Errors{changed.error()});
  return RenderReport{directory, std::move(*changed), folder_notes(foundation)};
}

}  // namespace keelson
