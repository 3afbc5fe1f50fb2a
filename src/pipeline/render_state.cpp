#include "pipeline/render_state.h"

#include "pipeline/access_sheet.h"
#include "pipeline/locate.h"
#include "runtime/native/host_users.h"
#include "state/audit_chain.h"
#include "state/schema.h"

namespace keelson {

RenderState::RenderState(const std::string& foundation, std::string state_dir, std::string command)
    : state_dir_(std::move(state_dir)), command_(std::move(command)), key_(key_file(foundation, state_dir_), random_) {}

Result<std::unique_ptr<RenderState>> RenderState::open(const Foundation& foundation, const std::string& state_dir, const std::string& command) {
  std::unique_ptr<RenderState> out(new RenderState(foundation.name, state_dir, command));
  KEELSON_CHECK(out->files_.make_directory(base_dir(), 0711));
  KEELSON_CHECK(out->files_.make_directory(state_dir, 0711));
  KEELSON_TRY(state::Lock lock, state::Lock::take(state_dir, command));
  out->lock_ = std::make_unique<state::Lock>(std::move(lock));
  KEELSON_TRY(out->secrets_, SecretStore::open(out->files_, out->random_, out->key_, state_dir + "/secrets.enc"));
  KEELSON_CHECK(out->secrets_->ensure_all(foundation.secrets, out->random_));
  KEELSON_TRY(Authority authority, Authority::open_or_create(out->files_, out->clock_, *out->secrets_, state_dir + "/ca", foundation.name));
  out->authority_ = std::make_unique<Authority>(std::move(authority));
  return out;
}

SecretLookup RenderState::lookup() {
  return [this](const std::string& name) { return secrets_->get(name); };
}

Result<void> RenderState::write_access(const Foundation& foundation, const std::string& directory, std::vector<std::string>& changed) {
  const std::string path = directory + "/access-info.txt";
  const std::string text = access_text(foundation, Resolvable::none, directory + "/trust/services.crt", "Passwords are in files: " + directory + "/" + std::string(kClientSecrets) + "/NAME");
  const auto standing = files_.read(path);
  if (standing && *standing == text) return {};
  KEELSON_CHECK(files_.write(path, text, 0644));
  changed.push_back("access-info.txt");
  return {};
}

Result<void> RenderState::finish(const std::vector<std::string>& changed) {
  if (changed.empty()) return {};
  KEELSON_TRY(const auto database, state::open_state(state_dir_, clock_));
  KEELSON_CHECK(state::AuditChain(*database, clock_).append(native::invoking_user(), command_, "done"));
  return {};
}

}  // namespace keelson
