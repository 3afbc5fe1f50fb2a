#include "security/secret_store.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "security/aead.h"
#include "system/digest.h"

namespace keelson {
namespace {

constexpr std::string_view kMagic = "KLSECRET";
constexpr char kVersion = 1;
constexpr char kAes256Gcm = 1;
constexpr std::size_t kKeyIdBytes = 16;
constexpr std::size_t kHeaderBytes = kMagic.size() + 2 + kKeyIdBytes + kAeadNonceBytes;
constexpr auto kLockPatience = std::chrono::seconds(10);

/// Names the key without telling anything about it.
std::string key_id(const Secret& key) { return hmac_sha256(key.reveal(), "keelson secret store key id").substr(0, kKeyIdBytes); }

void append_number(std::string& out, std::size_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((number >> shift) & 0xff);
}

void append_field(std::string& out, std::string_view bytes) {
  append_number(out, bytes.size());
  out += bytes;
}

/// Reads what append_field wrote; false at the end of the bytes.
bool take_field(std::string_view& in, std::string_view& field) {
  if (in.size() < 4) return false;
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<unsigned char>(in[static_cast<std::size_t>(i)]);
  if (in.size() - 4 < size) return false;
  field = in.substr(4, size);
  in.remove_prefix(4 + size);
  return true;
}

tl::unexpected<Error> damaged(const std::string& path, std::string why) {
  return fail("the secret store is damaged or was tampered with", path, std::move(why),
              "restore the file from a backup; keelson leaves it untouched");
}

/// Held while a writer reads, changes and replaces the store. Released by the kernel when the process dies.
class WriterLock {
 public:
  ~WriterLock() { if (fd_ >= 0) ::close(fd_); }
  Result<void> take(const std::string& path) {
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd_ < 0) return fail("cannot open the lock of the secret store", path, std::strerror(errno));
    const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
    while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return fail("cannot lock the secret store", path, std::strerror(errno));
      if (std::chrono::steady_clock::now() > deadline)
        return fail_as(ErrorCode::locked, "another process has been writing the secret store for 10 s", path, {},
                       "see who holds it: fuser " + path);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // flock has no event and no time limit of its own
    }
    return {};
  }

 private:
  int fd_ = -1;
};

}  // namespace

Result<std::unique_ptr<SecretStore>> SecretStore::open(Files& files, Random& random, KeySource& key, std::string path) {
  std::unique_ptr<SecretStore> store(new SecretStore(files, random, key, std::move(path)));
  KEELSON_CHECK(store->load());
  return store;
}

Result<void> SecretStore::load() {
  KEELSON_TRY(const auto info, files_.info(path_));
  if (!info) {
    if (!on_disk_.empty()) return fail("the secret store vanished", path_, {}, "restore the file from a backup");
    return {};
  }
  KEELSON_TRY(std::string raw, files_.read(path_));
  if (!on_disk_.empty() && raw == on_disk_) return {};
  if (raw.size() < kHeaderBytes + kAeadTagBytes) return damaged(path_, "it is cut off");
  if (std::string_view(raw).substr(0, kMagic.size()) != kMagic) return damaged(path_, "it does not begin like a secret store");
  if (raw[kMagic.size()] != kVersion || raw[kMagic.size() + 1] != kAes256Gcm)
    return fail("the secret store has a format this keelson does not know", path_,
                "version " + std::to_string(static_cast<unsigned char>(raw[kMagic.size()])), "use the keelson that wrote it, or damage is likely");
  if (key_.empty()) {
    KEELSON_TRY(key_, key_source_.existing());
  }
  if (std::string_view(raw).substr(kMagic.size() + 2, kKeyIdBytes) != key_id(key_))
    return fail("the secret store was written with another key", path_, "the key in " + key_source_.where() + " does not belong to it",
                "bring the key and the store together that were used together");
  const std::string_view header(raw.data(), kHeaderBytes);
  const auto plain = aead_open(key_, header.substr(kHeaderBytes - kAeadNonceBytes), header, std::string_view(raw).substr(kHeaderBytes));
  if (!plain) return damaged(path_, "its content does not match its authentication tag");
  KEELSON_TRY(entries_, unpack(plain->reveal(), path_));
  on_disk_ = std::move(raw);
  return {};
}

Result<void> SecretStore::store() {
  if (key_.empty()) {
    KEELSON_TRY(key_, key_source_.existing_or_new());
  }
  const std::string nonce = random_.bytes(kAeadNonceBytes);
  std::string raw(kMagic);
  raw += kVersion;
  raw += kAes256Gcm;
  raw += key_id(key_);
  raw += nonce;
  KEELSON_TRY(const std::string sealed_bytes, aead_seal(key_, nonce, raw, pack(entries_).reveal()));
  raw += sealed_bytes;
  KEELSON_CHECK(files_.write(path_, raw, 0600));
  on_disk_ = std::move(raw);
  return {};
}

/// Runs `change(entries)` on what is on disk now, under the lock; writes when it answers true.
template <typename Change>
Result<void> SecretStore::update(Change change) {
  WriterLock lock;
  KEELSON_CHECK(lock.take(path_ + ".lock"));
  KEELSON_CHECK(load());
  Entries before = entries_;
  if (!change(entries_)) return {};
  auto stored = store();
  if (!stored) entries_ = std::move(before);  // what could not be kept was never so
  return stored;
}

Secret SecretStore::pack(const Entries& entries) {
  std::size_t size = 0;
  for (const auto& [where, entry] : entries) size += 13 + where.second.size() + entry.purpose.size() + entry.value.reveal().size();
  std::string plain;
  plain.reserve(size);  // so that no copy is left behind by growing
  for (const auto& [where, entry] : entries) {
    plain += static_cast<char>(where.first);
    append_field(plain, where.second);
    append_field(plain, entry.purpose);
    append_field(plain, entry.value.reveal());
  }
  return Secret(std::move(plain));
}

Result<SecretStore::Entries> SecretStore::unpack(std::string_view plain, const std::string& path) {
  Entries entries;
  while (!plain.empty()) {
    const auto compartment = static_cast<Compartment>(plain.front());
    plain.remove_prefix(1);
    std::string_view name, purpose, value;
    if (!take_field(plain, name) || !take_field(plain, purpose) || !take_field(plain, value))
      return damaged(path, "its content is authentic but incomplete");
    entries[{compartment, std::string(name)}] = Entry{Secret(std::string(value)), std::string(purpose)};
  }
  return entries;
}

Result<const SecretStore::Entry*> SecretStore::find(Compartment compartment, const std::string& name) {
  KEELSON_CHECK(load());
  const auto found = entries_.find({compartment, name});
  if (found == entries_.end())
    return fail("there is no such secret", name, {}, "`keelson secret list` shows those of the foundation");
  return &found->second;
}

Result<Secret> SecretStore::get(const std::string& name) {
  const std::lock_guard guard(mutex_);
  KEELSON_TRY(const Entry* entry, find(Compartment::handed_out, name));
  return entry->value;
}

Result<std::string> SecretStore::purpose(const std::string& name) {
  const std::lock_guard guard(mutex_);
  KEELSON_TRY(const Entry* entry, find(Compartment::handed_out, name));
  return entry->purpose;
}

Result<std::vector<std::string>> SecretStore::names() {
  const std::lock_guard guard(mutex_);
  KEELSON_CHECK(load());
  std::vector<std::string> names;
  for (const auto& [where, entry] : entries_)
    if (where.first == Compartment::handed_out) names.push_back(where.second);
  return names;
}

Result<bool> SecretStore::ensure(const SecretSpec& spec, Random& random) {
  KEELSON_TRY(const auto made, ensure_all({spec}, random));
  return !made.empty();
}

Result<std::vector<std::string>> SecretStore::ensure_all(const std::vector<SecretSpec>& specs, Random& random) {
  const std::lock_guard guard(mutex_);
  const auto missing = [](const Entries& entries, const SecretSpec& spec) {
    const auto found = entries.find({Compartment::handed_out, spec.name});
    return found == entries.end() || (!spec.pinned.empty() && found->second.value.reveal() != spec.pinned);
  };
  const auto current = [&](const Entries& entries, const SecretSpec& spec) {
    return !missing(entries, spec) && entries.find({Compartment::handed_out, spec.name})->second.purpose == spec.purpose;
  };
  KEELSON_CHECK(load());
  bool all_current = true;
  for (const SecretSpec& spec : specs) {
    if (spec.pinned.empty() && spec.length < 16)
      return fail("a generated secret would be too short", spec.name, "fewer than 16 characters");
    all_current = all_current && current(entries_, spec);
  }
  std::vector<std::string> made;
  if (all_current) return made;  // the usual case needs no lock
  KEELSON_CHECK(update([&](Entries& entries) {
    for (const SecretSpec& spec : specs) {
      if (missing(entries, spec)) {
        made.push_back(spec.name);
        entries[{Compartment::handed_out, spec.name}].value =
            spec.pinned.empty() ? random.password(static_cast<std::size_t>(spec.length)) : Secret(spec.pinned);
      }
      entries[{Compartment::handed_out, spec.name}].purpose = spec.purpose;
    }
    return true;
  }));
  return made;
}

Result<void> SecretStore::put(const std::string& name, Secret value) {
  const std::lock_guard guard(mutex_);
  return update([&](Entries& entries) {
    entries[{Compartment::handed_out, name}].value = std::move(value);
    return true;
  });
}

Result<Secret> SecretStore::sealed(const std::string& name) {
  const std::lock_guard guard(mutex_);
  KEELSON_TRY(const Entry* entry, find(Compartment::sealed, name));
  return entry->value;
}

Result<bool> SecretStore::has_sealed(const std::string& name) {
  const std::lock_guard guard(mutex_);
  KEELSON_CHECK(load());
  return entries_.count({Compartment::sealed, name}) > 0;
}

Result<void> SecretStore::seal(std::vector<std::pair<std::string, Secret>> values) {
  const std::lock_guard guard(mutex_);
  return update([&](Entries& entries) {
    for (auto& [name, value] : values) entries[{Compartment::sealed, name}].value = std::move(value);
    return true;
  });
}

Result<std::vector<std::pair<std::string, std::string>>> names_and_purposes(SecretStore& store) {
  KEELSON_TRY(const std::vector<std::string> names, store.names());
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& name : names) {
    KEELSON_TRY(std::string purpose, store.purpose(name));
    out.emplace_back(name, std::move(purpose));
  }
  return out;
}

}  // namespace keelson
