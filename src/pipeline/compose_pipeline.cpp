#include "pipeline/compose_pipeline.h"

#include "client/probe_once.h"
#include "components/catalog.h"
#include "pipeline/compose_place.h"
#include "pipeline/machine.h"
#include "pipeline/run_plan.h"
#include "runtime/compose/book_file.h"
#include "runtime/compose/compose_runtime.h"
#include "runtime/container_files.h"
#include "security/own_certificates.h"
#include "state/host_registry.h"
#include "state/lock.h"

namespace keelson {
namespace {

constexpr int kProbeMs = 1'000;

/// The container's own health check, asked from here, as keelson.
compose::AskProbe ask_from_here(const std::string& state_dir, std::string directory) {
  return [own = OwnCertificates(state_dir), directory = std::move(directory)](const Instance& instance) {
    const Probe& probe = instance.ready;
    clients::ProbeOnce ask{probe, probe.tls ? own.trust_file(probe.trust) : std::string(), directory + "/" + probe_password_path(instance.name)};
    if (probe.client_certificate) {
      ask.certificate_file = own.certificate_file(TrustDomain::control);
      ask.key_file = own.key_file(TrustDomain::control);
    }
    return clients::ask_once(ask, Deadline::in_ms(kProbeMs));
  };
}

/// Whether anything on the engine knows the foundation's addresses: networks have them, and so have volumes, in which Sentinels keep them. Until then
/// another block may be chosen: a first `up` may have failed for that very reason. An engine that cannot be asked may have something.
bool in_use(const std::string& foundation) {
  RealMachine machine;
  const auto docker = compose::Docker::find(machine.files, machine.commands);
  if (!docker) return true;
  const auto project = (*docker)->project(foundation);
  return !project || !project->networks.empty() || !project->volumes.empty();
}

/// A foundation on Compose opened. The host registry keeps its name, so that verbs find it without a file.
class ComposePipeline : public Pipeline {
 public:
  ComposePipeline(OpenedBlueprint opened, ComposePlace place)
      : request_(std::move(opened.request)), source_(std::move(opened.source)), stands_on_(std::move(opened.stands_on)), blueprint_(std::move(opened.blueprint)), state_dir_(std::move(opened.state_dir)),
        place_(std::move(place)) {}

  Result<void> make_runtime() {
    compose::Site site;
    site.foundation = blueprint_.foundation;
    site.state_dir = state_dir_;
    site.key_file = key_file();
    site.artifact_dir = artifact_dir();
    site.image_dir = image_dir();
    site.program = request_.program;
    KEELSON_TRY(site.build, build_of(machine_.files, request_.program));
    site.book = place_.book;
    site.block = place_.block;
    site.users = place_.users;
    site.engine = {.id = stands_on_.id, .place = stands_on_.place};
    auto ask = ask_from_here(state_dir_, site.directory());
    KEELSON_TRY(runtime_, compose::ComposeRuntime::make({machine_.files, machine_.commands, machine_.random, machine_.clock}, std::move(site), place_.foundation, std::move(ask)));
    return {};
  }

  const Blueprint& blueprint() const override { return blueprint_; }
  const Foundation& foundation() const override { return place_.foundation; }
  Runtime& runtime() override { return *runtime_; }
  const std::string& state_dir() const override { return state_dir_; }
  Resolvable names() const override { return Resolvable::none; }
  Result<std::vector<std::string>> exec_command(const std::string& instance) override {
    KEELSON_TRY(std::vector<std::string> out, compose_words());
    out.insert(out.end(), {"exec", instance});
    return out;
  }
  Result<std::vector<std::string>> log_command(const std::vector<std::string>& instances, bool follow, int tail) override {
    KEELSON_TRY(std::vector<std::string> out, compose_words());
    out.insert(out.end(), {"logs", "--tail", std::to_string(tail)});
    if (follow) out.emplace_back("--follow");
    out.insert(out.end(), instances.begin(), instances.end());
    return out;
  }

  Checked<Plan> plan() override { return plan_of(*runtime_, place_.foundation); }

  Checked<ApplyReport> up(ApplyListener& listener) override {
    if (Errors refused = runtime_->preflight(place_.foundation); !refused.empty()) return unexpected(std::move(refused));
    auto report = bring_up(listener);
    if (!report) return unexpected(Errors{report.error()});
    return std::move(*report);
  }

  Result<void> repair() override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    return repair_damage({place_.foundation, *runtime_, state_dir_});
  }

  Result<void> down(const Progress& progress) override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    KEELSON_CHECK(runtime_->down(&place_.foundation, progress));
    return audit(state_dir_, machine_.clock, request_.command, "done");
  }

  Result<void> destroy(const Progress& progress) override {
    {
      KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
      KEELSON_CHECK(runtime_->remove_data(progress));
      KEELSON_CHECK(machine_.files.remove_tree(state_dir_));
    }
    return forget_foundation(machine_, blueprint_.foundation, state_dir_);
  }

  Result<std::vector<std::pair<std::string, std::string>>> secret_names() override { return names_and_purposes(runtime_->secrets()); }

  Result<std::vector<Json>> events(std::int64_t, int, int) override {
    return fail_as(ErrorCode::not_supported, "there are no events on Compose", {}, "no agent watches there", "docker events --filter label=com.docker.compose.project=" + blueprint_.foundation);
  }

 private:
  /// For a command that becomes `docker compose`: what it says must be about this foundation.
  Result<std::vector<std::string>> compose_words() {
    KEELSON_CHECK(runtime_->must_answer());
    return runtime_->docker().compose_words(runtime_->site().directory(), runtime_->site().foundation);
  }

  std::string key_file() const { return keelson::key_file(blueprint_.foundation, state_dir_); }

  Result<ApplyReport> bring_up(ApplyListener& listener) {
    KEELSON_TRY(const auto there_before, machine_.files.info(state_dir_));
    KEELSON_CHECK(machine_.files.make_directory(base_dir(), 0711));
    KEELSON_CHECK(machine_.files.make_directory(state_dir_, 0711));
    KEELSON_TRY(const auto registry, open_registry(machine_));
    KEELSON_CHECK(registry->note(blueprint_.foundation, state_dir_));
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    KEELSON_CHECK(compose::write_book(machine_.files, state_dir_, place_.book));
    const auto repaired = repair_damage({place_.foundation, *runtime_, state_dir_});
    const auto planned = observe_and_plan(*runtime_, place_.foundation);
    if (!planned) {  // a first `up` that was refused leaves nothing
      if (!there_before) KEELSON_CHECK(machine_.files.remove_tree(state_dir_));
      if (!there_before) KEELSON_CHECK(registry->release(blueprint_.foundation, state_dir_));
      return unexpected(planned.error());
    }
    const Plan& steps = *planned;
    KEELSON_CHECK(remember());
    return run_plan_and_repair({*runtime_, place_.foundation, state_dir_, request_.command, machine_.clock}, steps, listener, repaired);
  }

  /// Keeps what a later command needs to know.
  Result<void> remember() {
    const compose::Engine& engine = runtime_->engine();
    KEELSON_CHECK(write_if_changed(machine_.files, state_dir_ + "/applied.json", applied_text({source_.sources, source_.profile, "compose", {engine.id, engine.place}}), 0600));
    return write_if_changed(machine_.files, state_dir_ + "/access-info.txt", access_text(place_.foundation, names(), runtime_->world().trust_file(TrustDomain::services)), 0644);
  }

  RealMachine machine_;
  Request request_;
  Applied source_;
  StandsOn stands_on_;
  Blueprint blueprint_;
  std::string state_dir_;
  ComposePlace place_;
  std::unique_ptr<compose::ComposeRuntime> runtime_;
};

}  // namespace

Checked<std::unique_ptr<Pipeline>> open_compose(OpenedBlueprint opened) {
  RealFiles files;
  auto book = compose::read_book(files, opened.state_dir);
  if (!book) return unexpected(Errors{book.error()});
  if (const bool other = !opened.request.subnet.empty() && opened.request.subnet != book->block; other && !in_use(opened.blueprint.foundation)) book->block.clear();
  KEELSON_TRY(ComposePlace place, place_on_compose(opened.blueprint, std::move(*book), opened.request.subnet));
  auto pipeline = std::make_unique<ComposePipeline>(std::move(opened), std::move(place));
  if (auto made = pipeline->make_runtime(); !made) return unexpected(Errors{made.error()});
  return pipeline;
}

}  // namespace keelson
