#include "runtime/folder_writer.h"

#include <set>

#include "security/certificate_facts.h"
#include "security/forms.h"
#include "system/digest.h"

namespace keelson {
namespace {

constexpr std::string_view kIgnored = "secrets/\n";

/// What a folder should hold, and how it stands.
class OnDisk {
 public:
  OnDisk(const FolderContent& folder, const ContainerUsers& users, Owning owning, std::string directory, FolderMachine machine)
      : folder_(folder), users_(users), owning_(owning), directory_(std::move(directory)), machine_(machine) {}

 protected:
  Owner owner_of(const std::string& component) const {
    return owning_ == Owning::components && !component.empty() ? Owner{users_.uid_of(component), users_.gid_of(component)} : Owner{};
  }

  std::string absolute(const std::string& path) const { return path.empty() ? directory_ : directory_ + "/" + path; }

  Result<std::string> content_of(const FolderFile& file) {
    KEELSON_TRY(const Secret content, materialise(file.content, [this](const std::string& name) { return machine_.secrets.get(name); }));
    return std::string(content.reveal());
  }

  std::string roots_of(const FolderTrust& trust) const {
    std::string out;
    for (const TrustDomain domain : trust.domains) out += machine_.authority.root_pem(domain);
    return out;
  }

  Result<bool> stands(const std::string& path, std::string_view content, unsigned mode, Owner owner) {
    KEELSON_TRY(const auto info, machine_.files.info(absolute(path)));
    if (!info || info->mode != mode || (owner.uid >= 0 && info->owner != owner)) return false;
    KEELSON_TRY(const std::string existing, machine_.files.read(absolute(path)));
    return existing == content;
  }

  /// The leaf is right when it is the wanted one, this authority's, with its key, and not old.
  DiskState state_of(const FolderLeaf& leaf, const Owner& owner) {
    const auto pem = machine_.files.read(absolute(leaf.public_path()));
    const auto key = machine_.files.read(absolute(leaf.secret_path(".key")));
    if (!pem || !key) return DiskState::missing;
    const auto facts = inspect(*pem);
    if (!facts || !key_matches(*pem, Secret(*key))) return DiskState::edited;
    if (!machine_.authority.fits(leaf.certificate, *facts)) return DiskState::stale;
    if (!stands(leaf.secret_path(".key"), *key, 0600, owner).value_or(false)) return DiskState::edited;
    if (leaf.certificate.pem && !stands(leaf.secret_path(".pem"), *pem + *key, 0600, owner).value_or(false)) return DiskState::edited;
    return needs_renewal(*facts, machine_.clock.wall_ms()) ? DiskState::renew : DiskState::same;
  }

  const FolderContent& folder_;
  const ContainerUsers& users_;
  Owning owning_;
  std::string directory_;
  FolderMachine machine_;
};

class Writer : OnDisk {
 public:
  using OnDisk::OnDisk;

  Result<std::vector<std::string>> write() {
    KEELSON_CHECK(make_directory("", 0755));
    KEELSON_CHECK(make_directory("config", 0755));
    KEELSON_CHECK(make_directory("secrets", 0700));
    KEELSON_CHECK(put(".gitignore", kIgnored, 0644, {}));
    for (const FolderFile& file : folder_.given.files) KEELSON_CHECK(put_file(file));
    for (const FolderTrust& trust : folder_.given.trust) KEELSON_CHECK(put(trust.path, roots_of(trust), 0644, {}));
    for (const FolderLeaf& leaf : folder_.given.leaves) KEELSON_CHECK(put_leaf(leaf));
    KEELSON_CHECK(prune());
    // Last: a run that was cut leaves the file that fits what was there.
    for (const auto& [path, text] : folder_.whole) KEELSON_CHECK(put(path, text, 0644, {}));
    return std::move(changed_);
  }

 private:
  Result<void> make_directory(const std::string& path, unsigned mode) { return machine_.files.make_directory(absolute(path), mode); }

  /// The directories above a file: under secrets/ nobody else looks in.
  Result<void> make_parents(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      KEELSON_CHECK(make_directory(path.substr(0, slash), path.starts_with("secrets/") ? 0700 : 0755));
    return {};
  }

  Result<void> put(const std::string& path, std::string_view content, unsigned mode, Owner owner) {
    KEELSON_CHECK(make_parents(path));
    KEELSON_TRY(const bool same, stands(path, content, mode, owner));
    if (same) return {};
    KEELSON_CHECK(machine_.files.write(absolute(path), content, mode, owner));
    changed_.push_back(path);
    return machine_.note ? machine_.note(path, content) : Result<void>();
  }

  Result<void> put_file(const FolderFile& file) {
    KEELSON_TRY(const std::string content, content_of(file));
    return put(file.path, content, file.mode, owner_of(file.component));
  }

  Result<void> put_leaf(const FolderLeaf& leaf) {
    const Owner owner = owner_of(leaf.component);
    if (state_of(leaf, owner) == DiskState::same) return {};
    KEELSON_TRY(const IssuedCertificate issued, machine_.authority.issue(leaf.certificate));
    const std::string key(issued.key_pem.reveal());
    KEELSON_CHECK(put(leaf.secret_path(".key"), key, 0600, owner));
    if (leaf.certificate.pem) KEELSON_CHECK(put(leaf.secret_path(".pem"), issued.certificate_chain_pem + key, 0600, owner));
    return put(leaf.public_path(), issued.certificate_chain_pem, 0644, {});
  }

  /// Folders of instances that the blueprint no longer has.
  Result<void> prune() {
    for (const std::string above : {"config", "secrets"}) {
      KEELSON_TRY(const std::vector<std::string> there, machine_.files.list(absolute(above)));
      for (const std::string& name : there) {
        if (folder_.instances.contains(name) || above + "/" + name == kClientSecrets) continue;
        KEELSON_CHECK(machine_.files.remove_tree(absolute(above + "/" + name)));
        changed_.push_back(above + "/" + name);
      }
    }
    return {};
  }

  std::vector<std::string> changed_;
};

class Reader : OnDisk {
 public:
  Reader(const FolderContent& folder, const ContainerUsers& users, Owning owning, std::string directory, const std::map<std::string, std::string>& written, FolderMachine machine)
      : OnDisk(folder, users, owning, std::move(directory), machine), written_(written) {}

  Result<std::vector<FolderDifference>> compare() {
    for (const FolderFile& file : folder_.given.files) KEELSON_CHECK(look(file));
    for (const FolderTrust& trust : folder_.given.trust) KEELSON_CHECK(look(trust.path, trust.instance, roots_of(trust), 0644, {}));
    for (const FolderLeaf& leaf : folder_.given.leaves) look(leaf);
    KEELSON_CHECK(look(".gitignore", {}, kIgnored, 0644, {}));
    for (const auto& [path, text] : folder_.whole) KEELSON_CHECK(look(path, {}, text, 0644, {}));
    return std::move(found_);
  }

 private:
  void note(const std::string& path, const std::string& instance, const std::string& shown, DiskState state) {
    if (state != DiskState::same) found_.push_back({path, instance, shown, state});
  }

  /// As plans name it: without the folder of its instance.
  static std::string shown_of(const std::string& path, const std::string& instance) {
    const std::size_t at = instance.empty() ? std::string::npos : path.find("/" + instance + "/");
    return at == std::string::npos ? path : path.substr(at + instance.size() + 2);
  }

  /// A certificate and a key that do not fit, each as keelson wrote it, are of a write that was cut.
  void look(const FolderLeaf& leaf) {
    DiskState state = state_of(leaf, owner_of(leaf.component));
    if (state == DiskState::edited && as_written(leaf.public_path()) && as_written(leaf.secret_path(".key"))) state = DiskState::stale;
    note(leaf.public_path(), leaf.instance, "tls/" + leaf.certificate.name, state);
  }

  bool as_written(const std::string& path) const {
    const auto known = written_.find(path);
    const auto existing = machine_.files.read(absolute(path));
    return known != written_.end() && existing && known->second == sha256_hex(*existing);
  }

  Result<void> look(const FolderFile& file) {
    const auto content = content_of(file);
    if (!content) {  // a secret that does not exist yet: the file cannot be right
      note(file.path, file.instance, shown_of(file.path, file.instance), DiskState::missing);
      return {};
    }
    if (file.seed) {
      KEELSON_TRY(const auto there, machine_.files.info(absolute(file.path)));
      if (there) return {};
    }
    return look(file.path, file.instance, *content, file.mode, owner_of(file.component));
  }

  Result<void> look(const std::string& path, const std::string& instance, std::string_view content, unsigned mode, Owner owner) {
    KEELSON_TRY(const DiskState state, state_of_file(path, content, mode, owner));
    note(path, instance, shown_of(path, instance), state);
    return {};
  }

  Result<DiskState> state_of_file(const std::string& path, std::string_view content, unsigned mode, Owner owner) {
    KEELSON_TRY(const auto info, machine_.files.info(absolute(path)));
    if (!info) return DiskState::missing;
    KEELSON_TRY(const std::string existing, machine_.files.read(absolute(path)));
    const bool as_left = info->mode == mode && (owner.uid < 0 || info->owner == owner);
    if (as_left && existing == content) return DiskState::same;
    const auto known = written_.find(path);
    return as_left && known != written_.end() && known->second == sha256_hex(existing) ? DiskState::stale : DiskState::edited;
  }

  const std::map<std::string, std::string>& written_;
  std::vector<FolderDifference> found_;
};

}  // namespace

Result<void> check_target(Files& files, const std::string& directory, const std::string& foundation, const std::string& whole, const std::string& mark) {
  KEELSON_TRY(const auto there, files.info(directory));
  if (!there) return {};
  if (there->kind != FileKind::directory) return fail_as(ErrorCode::preflight_refused, "cannot render there", directory, "it is not a directory", "name another place with --out");
  KEELSON_TRY(const std::vector<std::string> names, files.list(directory));
  if (names.empty()) return {};
  const auto standing = files.read(directory + "/" + whole);
  if (standing && standing->starts_with(mark)) return {};
  return fail_as(ErrorCode::preflight_refused, "cannot render there", directory, "it holds files that are not " + foundation + "'s of an earlier render", "name an empty or new directory with --out");
}

Result<std::vector<std::string>> write_folder(const FolderContent& folder, const ContainerUsers& users, Owning owning, const std::string& directory, FolderMachine machine) {
  return Writer(folder, users, owning, directory, machine).write();
}

Result<std::vector<FolderDifference>> compare_folder(const FolderContent& folder, const ContainerUsers& users, Owning owning, const std::string& directory,
                                                     const std::map<std::string, std::string>& written, FolderMachine machine) {
  return Reader(folder, users, owning, directory, written, machine).compare();
}

LeafFiles leaf_in(const std::string& directory, const Instance& instance, const std::string& certificate) {
  const std::string path = instance.name + "/tls/" + certificate;
  return {directory + "/config/" + path + ".crt", directory + "/secrets/" + path + ".key"};
}

}  // namespace keelson
