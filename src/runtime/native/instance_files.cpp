#include "runtime/native/instance_files.h"

#include <unistd.h>

#include "security/forms.h"
#include "system/digest.h"

namespace keelson::native {
namespace {

constexpr unsigned kPrivate = 0700;

std::vector<std::string> directories(const Instance& instance) {
  const Place& place = instance.place;
  return {place.home, place.config, place.tls, place.data, place.run};
}

std::string written_digest(const Digests& written, const std::string& shown) {
  const auto found = written.find(shown);
  return found == written.end() ? std::string() : found->second;
}

/// A certificate's files with their modes; the key's last, so that a cut run leaves the pair visibly incomplete.
struct Leaf {
  std::string suffix;
  std::string content;
};

}  // namespace

Error not_a_directory(const std::string& path, const FileInfo& info) {
  return {ErrorCode::preflight_refused, "is not a directory", path, info.kind == FileKind::symlink ? "it is a symbolic link" : "something else stands there",
          "move it away; keelson never follows links out of its state directory"};
}

Error foreign_owner(const std::string& path, const FileInfo& info, Owner owner) {
  return {ErrorCode::preflight_refused, "belongs to uid " + std::to_string(info.owner.uid), path, "keelson expects uid " + std::to_string(owner.uid),
          "give it back to its owner or move it away; keelson changes nothing it does not own"};
}

/// A run that was killed between making a directory and giving it to its owner leaves it like this.
bool is_half_made(Files& files, const std::string& path, const FileInfo& info) {
  if (info.owner.uid != static_cast<int>(::geteuid())) return false;
  const auto names = files.list(path);
  return names && names->empty();
}

Errors directory_problems(Files& files, const Instance& instance, Owner owner) {
  Errors problems;
  for (const std::string& path : directories(instance)) {
    const auto info = files.info(path);
    if (!info) problems.push_back(info.error());
    else if (*info && (*info)->kind != FileKind::directory) problems.push_back(not_a_directory(path, **info));
    else if (*info && !owned_by(**info, owner) && !is_half_made(files, path, **info)) problems.push_back(foreign_owner(path, **info, owner));
    if (path == instance.place.home && !problems.empty()) return problems;  // whatever is below is not ours to judge
  }
  return problems;
}

Result<bool> InstanceFiles::prepared(const Instance& instance, Owner owner) {
  if (const Errors problems = directory_problems(files_, instance, owner); !problems.empty()) return unexpected(problems.front());
  for (const std::string& path : directories(instance)) {
    KEELSON_TRY(const auto info, files_.info(path));
    if (!info || info->mode != kPrivate || !owned_by(*info, owner)) return false;
  }
  return true;
}

Result<InstanceFiles::Wanted> InstanceFiles::wanted(const Instance& instance, const ConfigFile& file) {
  KEELSON_TRY(const Secret content, materialise(file.content, [this](const std::string& name) { return secrets_.get(name); }));
  return Wanted{instance.place.config + "/" + file.path, file.path, std::string(content.reveal()), file.mode, file.policy};
}

InstanceFiles::Wanted InstanceFiles::wanted(const Instance& instance, const TrustFile& trust) const {
  std::string roots;
  for (const TrustDomain domain : trust.domains) roots += authority_->root_pem(domain);
  return {instance.place.tls + "/" + trust.name + ".crt", "tls/" + trust.name + ".crt", std::move(roots), 0644, WritePolicy::always};
}

Result<DiskState> InstanceFiles::state_of(const Wanted& file, Owner owner, const std::string& written) {
  KEELSON_TRY(const auto info, files_.info(file.path));
  if (!info) return DiskState::missing;
  if (file.policy == WritePolicy::seed) return DiskState::same;
  KEELSON_TRY(const std::string content, files_.read(file.path));
  const bool as_left = info->mode == file.mode && owned_by(*info, owner);
  if (content == file.content && as_left) return DiskState::same;
  return as_left && sha256_hex(content) == written ? DiskState::stale : DiskState::edited;
}

Result<DiskState> InstanceFiles::state_of(const Instance& instance, const Certificate& certificate, Owner owner, const Digests& written) {
  const std::string base = instance.place.tls + "/" + certificate.name;
  std::string pem;
  Secret key;
  bool as_issued = true;  // every file is, byte for byte, what keelson noted when it wrote them together
  for (const char* suffix : {".crt", ".key", ".pem"}) {
    if (std::string(suffix) == ".pem" && !certificate.pem) continue;
    const std::string shown = "tls/" + certificate.name + suffix;
    KEELSON_TRY(const auto info, files_.info(base + suffix));
    if (!info) return DiskState::missing;
    KEELSON_TRY(std::string content, files_.read(base + suffix));
    const std::string known = written_digest(written, shown);
    if (info->mode != 0600 || !owned_by(*info, owner) || (!known.empty() && sha256_hex(content) != known)) return DiskState::edited;
    as_issued = as_issued && !known.empty();
    if (std::string(suffix) == ".crt") pem = std::move(content);
    else if (std::string(suffix) == ".key") key = Secret(std::move(content));
  }
  const auto facts = inspect(pem);
  if (!facts) return DiskState::edited;
  // Reading a key costs OpenSSL 3.0 more than everything else here together.
  if (!as_issued && !key_matches(pem, key)) return DiskState::edited;
  if (!authority_->fits(certificate, *facts)) return DiskState::stale;
  return needs_renewal(*facts, clock_.wall_ms()) ? DiskState::renew : DiskState::same;
}

Result<std::vector<ObservedFile>> InstanceFiles::observe(const Instance& instance, Owner owner, const Digests& written) {
  std::vector<ObservedFile> out;
  const auto note = [&](const std::string& shown, DiskState state) {
    if (state != DiskState::same) out.push_back({shown, state});
  };
  for (const ConfigFile& file : instance.files) {
    auto content = wanted(instance, file);
    if (!content) {
      // A secret that does not exist yet: the file cannot be right.
      note(file.path, DiskState::missing);
      continue;
    }
    KEELSON_TRY(const DiskState state, state_of(*content, owner, written_digest(written, file.path)));
    note(file.path, state);
  }
  for (const Certificate& certificate : instance.certificates) {
    if (authority_ == nullptr) {
      note("tls/" + certificate.name, DiskState::missing);
      continue;
    }
    KEELSON_TRY(const DiskState state, state_of(instance, certificate, owner, written));
    note("tls/" + certificate.name, state);
  }
  for (const TrustFile& trust : instance.trust) {
    if (authority_ == nullptr) {
      note("tls/" + trust.name + ".crt", DiskState::missing);
      continue;
    }
    const Wanted file = wanted(instance, trust);
    KEELSON_TRY(const DiskState state, state_of(file, owner, written_digest(written, file.shown)));
    note(file.shown, state);
  }
  return out;
}

Result<void> InstanceFiles::issue(const Instance& instance, const Certificate& certificate, Owner owner, Digests& digests) {
  KEELSON_TRY(const IssuedCertificate issued, authority_->issue(certificate));
  const std::string key(issued.key_pem.reveal());
  std::vector<Leaf> leaves{{".crt", issued.certificate_chain_pem}, {".key", key}};
  if (certificate.pem) leaves.push_back({".pem", issued.certificate_chain_pem + key});
  for (const Leaf& leaf : leaves) {
    const std::string shown = "tls/" + certificate.name + leaf.suffix;
    KEELSON_CHECK(files_.write(instance.place.home + "/" + shown, leaf.content, 0600, owner));
    digests[shown] = sha256_hex(leaf.content);
  }
  return {};
}

Result<Digests> InstanceFiles::write(const Instance& instance, Owner owner, const Digests& written) {
  if (authority_ == nullptr) return fail("there is no certificate authority yet", instance.name);
  for (const std::string& path : directories(instance)) KEELSON_CHECK(files_.make_directory(path, kPrivate, owner));
  Digests digests;
  const auto put = [&](const Wanted& file) -> Result<void> {
    KEELSON_TRY(const DiskState state, state_of(file, owner, written_digest(written, file.shown)));
    if (state == DiskState::same) return {};
    KEELSON_CHECK(files_.write(file.path, file.content, file.mode, owner));
    digests[file.shown] = sha256_hex(file.content);
    return {};
  };
  for (const ConfigFile& file : instance.files) {
    KEELSON_TRY(const Wanted content, wanted(instance, file));
    KEELSON_CHECK(put(content));
  }
  for (const TrustFile& trust : instance.trust) KEELSON_CHECK(put(wanted(instance, trust)));
  for (const Certificate& certificate : instance.certificates) {
    KEELSON_TRY(const DiskState state, state_of(instance, certificate, owner, written));
    if (state != DiskState::same) KEELSON_CHECK(issue(instance, certificate, owner, digests));
  }
  return digests;
}

}  // namespace keelson::native
