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

/// A foundation on Compose opened. The host registry keeps its name and place, so that verbs find it without a file; the loopback
/// addresses that come with that are not used.
class ComposePipeline : public Pipeline {
 public:
  ComposePipeline(OpenedBlueprint opened, ComposePlace place)
      : request_(std::move(opened.request)), source_(std::move(opened.source)), blueprint_(std::move(opened.blueprint)), state_dir_(std::move(opened.state_dir)),
        place_(std::move(place)) {}

  Result<void> make_runtime() {
    compose::Site site;
    site.foundation = blueprint_.foundation;
    site.state_dir = state_dir_;
    site.key_file = key_file();
    site.artifact_dir = artifact_dir();
    site.image_dir = image_dir();
    site.program = request_.program;
    site.book = place_.book;
    site.block = place_.block;
    site.users = place_.users;
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
    KEELSON_TRY(std::vector<std::string> out, runtime_->docker().compose_words(runtime_->site().directory(), runtime_->site().foundation));
    out.insert(out.end(), {"exec", instance});
    return out;
  }
  Result<std::vector<std::string>> log_command(const std::vector<std::string>& instances, bool follow, int tail) override {
    KEELSON_TRY(std::vector<std::string> out, runtime_->docker().compose_words(runtime_->site().directory(), runtime_->site().foundation));
    out.insert(out.end(), {"logs", "--tail", std::to_string(tail)});
    if (follow) out.emplace_back("--follow");
    out.insert(out.end(), instances.begin(), instances.end());
    return out;
  }

  Checked<Plan> plan() override {
    if (Errors refused = runtime_->preflight(place_.foundation); !refused.empty()) return unexpected(std::move(refused));
    auto steps = observe_and_plan();
    if (!steps) return unexpected(Errors{steps.error()});
    return std::move(*steps);
  }

  Checked<ApplyReport> up(ApplyListener& listener) override {
    if (Errors refused = runtime_->preflight(place_.foundation); !refused.empty()) return unexpected(std::move(refused));
    auto report = bring_up(listener);
    if (!report) return unexpected(Errors{report.error()});
    return std::move(*report);
  }

  /// Neither drills nor sabotages leave anything here: they are native only.
  Result<void> repair() override { return {}; }

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
    KEELSON_CHECK(machine_.files.remove(key_file()));
    KEELSON_TRY(const auto registry, open_registry(machine_));
    return registry->release(blueprint_.foundation, state_dir_);
  }

  Result<std::vector<std::pair<std::string, std::string>>> secret_names() override { return names_and_purposes(runtime_->secrets()); }

  Result<std::vector<Json>> events(std::int64_t, int, int) override {
    return fail_as(ErrorCode::not_supported, "there are no events on Compose", {}, "no agent watches there", "docker events --filter label=com.docker.compose.project=" + blueprint_.foundation);
  }

 private:
  std::string key_file() const { return keelson::key_file(blueprint_.foundation, state_dir_); }

  Result<Plan> observe_and_plan() {
    KEELSON_TRY(const Observed observed, runtime_->observe(place_.foundation));
    return make_plan(place_.foundation, observed);
  }

  Result<ApplyReport> bring_up(ApplyListener& listener) {
    KEELSON_CHECK(machine_.files.make_directory(base_dir(), 0711));
    KEELSON_CHECK(machine_.files.make_directory(state_dir_, 0711));
    KEELSON_TRY(const auto registry, open_registry(machine_));
    KEELSON_CHECK(registry->claim(blueprint_.foundation, state_dir_));
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    KEELSON_CHECK(compose::write_book(machine_.files, state_dir_, place_.book));
    KEELSON_TRY(const Plan steps, observe_and_plan());
    KEELSON_CHECK(remember());
    if (steps.empty()) return ApplyReport{.warnings = steps.warnings};
    return run_plan({*runtime_, place_.foundation, state_dir_, request_.command, machine_.clock}, steps, listener);
  }

  /// Keeps what a later command needs to know.
  Result<void> remember() {
    KEELSON_CHECK(write_if_changed(machine_.files, state_dir_ + "/applied.json", applied_text({source_.sources, source_.profile, "compose"}), 0600));
    return write_if_changed(machine_.files, state_dir_ + "/access-info.txt", access_text(place_.foundation, names(), runtime_->world().trust_file(TrustDomain::services)), 0644);
  }

  RealMachine machine_;
  Request request_;
  Applied source_;
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
  KEELSON_TRY(ComposePlace place, place_on_compose(opened.blueprint, std::move(*book), opened.request.subnet));
  auto pipeline = std::make_unique<ComposePipeline>(std::move(opened), std::move(place));
  if (auto made = pipeline->make_runtime(); !made) return unexpected(Errors{made.error()});
  return pipeline;
}

}  // namespace keelson
