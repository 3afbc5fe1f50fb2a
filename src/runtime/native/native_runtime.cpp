#include "runtime/native/native_runtime.h"

#include "state/schema.h"
#include "state/written_files.h"

namespace keelson::native {

Result<std::unique_ptr<NativeRuntime>> NativeRuntime::make(Machine machine, Site site, Catalog catalog) {
  std::unique_ptr<NativeRuntime> runtime(new NativeRuntime(machine, catalog));
  runtime->artifacts_ = std::make_unique<ArtifactStore>(machine.files, machine.commands, site.artifact_dir);
  std::map<std::string, std::string> trees;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> environments;
  for (const Kind* kind : catalog)
    for (const Artifact& artifact : kind->artifacts) {
      trees[std::string(artifact.id)] = runtime->artifacts_->tree(artifact);
      environments[std::string(artifact.id)] = runtime->artifacts_->environment(artifact);
    }
  runtime->key_ = std::make_unique<KeyFile>(site.key_file, machine.random);
  KEELSON_TRY(runtime->secrets_, SecretStore::open(machine.files, machine.random, *runtime->key_, site.state_dir + "/secrets.enc"));
  runtime->layout_ = std::make_unique<NativeLayout>(std::move(site), std::move(trees), std::move(environments));
  runtime->agent_ = std::make_unique<AgentClient>(runtime->layout_->socket());
  runtime->world_ = std::make_unique<NativeWorld>(*runtime->layout_, *runtime->secrets_, *runtime->agent_);
  return runtime;
}

Result<void> NativeRuntime::open_authority_if_made() {
  const std::lock_guard guard(prepare_mutex_);
  if (authority_) return {};
  KEELSON_TRY(const bool made, secrets_->has_sealed("ca/services/issuing.crt"));
  if (!made) return {};
  KEELSON_TRY(Authority opened, Authority::open_or_create(machine_.files, machine_.clock, *secrets_, authority_dir(), layout_->site().foundation));
  authority_ = std::make_unique<Authority>(std::move(opened));
  return {};
}

Result<state::Database*> NativeRuntime::database() {
  const std::lock_guard guard(database_mutex_);
  if (!database_) {
    // Digests only tell drift from change: losing the last ones in a power cut costs a rewrite, nothing more.
    KEELSON_TRY(database_, state::open_state(layout_->site().state_dir, machine_.clock, state::Durability::normal));
  }
  return database_.get();
}

Result<Digests> NativeRuntime::read_digests(const std::string& instance) {
  KEELSON_TRY(state::Database* const database, this->database());
  return state::WrittenFiles(*database).all(instance);
}

Result<void> NativeRuntime::save_digests(const std::string& instance, const Digests& digests) {
  KEELSON_TRY(state::Database* const database, this->database());
  return database->transaction([&]() -> Result<void> {
    for (const auto& [path, digest] : digests) KEELSON_CHECK(state::WrittenFiles(*database).put(instance, path, digest));
    return {};
  });
}

}  // namespace keelson::native
