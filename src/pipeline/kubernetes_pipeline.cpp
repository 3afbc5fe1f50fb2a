#include "pipeline/kubernetes_pipeline.h"

#include "artifact/image.h"
#include "pipeline/kubernetes_place.h"
#include "pipeline/machine.h"
#include "pipeline/run_plan.h"
#include "runtime/kubernetes/kubernetes_runtime.h"
#include "state/host_registry.h"
#include "state/lock.h"

namespace keelson {
namespace {

/// A foundation in a cluster opened. The host registry keeps its name and place, so that verbs find it without a file.
class KubernetesPipeline : public Pipeline {
 public:
  KubernetesPipeline(OpenedBlueprint opened, ClusterPlace place, Foundation foundation)
      : request_(std::move(opened.request)), source_(std::move(opened.source)), blueprint_(std::move(opened.blueprint)), state_dir_(std::move(opened.state_dir)),
        place_(std::move(place)), foundation_(std::move(foundation)) {}

  Result<void> make_runtime() {
    kubernetes::Site site;
    site.foundation = blueprint_.foundation;
    site.state_dir = state_dir_;
    site.key_file = key_file();
    site.applied = applied_text({source_.sources, source_.profile, "kubernetes"});
    site.cluster.space = place_.space;
    site.context = place_.context;
    site.storage_class = place_.storage_class;
    site.owner = place_.owner;
    site.cluster_id = place_.cluster_id;
    KEELSON_TRY(site.build, build_of(machine_.files, request_.program));
    KEELSON_TRY(runtime_, kubernetes::KubernetesRuntime::make({machine_.files, machine_.commands, machine_.random, machine_.clock}, std::move(site), foundation_));
    return {};
  }

  const Blueprint& blueprint() const override { return blueprint_; }
  const Foundation& foundation() const override { return foundation_; }
  Runtime& runtime() override { return *runtime_; }
  const std::string& state_dir() const override { return state_dir_; }
  Resolvable names() const override { return Resolvable::full; }

  Result<std::vector<std::string>> exec_command(const std::string& instance) override {
    const kubernetes::PodPlace at = runtime_->place_of(instance);
    std::vector<std::string> out = runtime_->kubectl().words(at.space);
    out.insert(out.end(), {"exec", kubernetes::on_terminal(), at.pod, "--container=" + at.container, "--"});
    return out;
  }

  Result<std::vector<std::string>> log_command(const std::vector<std::string>& instances, bool follow, int tail) override {
    std::string names;
    for (const std::string& instance : instances) names += (names.empty() ? "" : ",") + instance;
    std::vector<std::string> out = runtime_->kubectl().words(place_.space);
    out.insert(out.end(), {"logs", "--prefix", "--max-log-requests=100", "--tail=" + std::to_string(tail)});
    out.push_back("--selector=" + std::string(kubernetes::kPartOf) + "=" + foundation_.name + (names.empty() ? "" : "," + std::string(kubernetes::kInstance) + " in (" + names + ")"));
    if (follow) out.emplace_back("--follow");
    return out;
  }

  Checked<Plan> plan() override { return plan_of(*runtime_, foundation_); }

  Checked<ApplyReport> up(ApplyListener& listener) override {
    if (Errors refused = runtime_->preflight(foundation_); !refused.empty()) return unexpected(std::move(refused));
    auto report = bring_up(listener);
    if (!report) return unexpected(Errors{report.error()});
    return std::move(*report);
  }

  Result<void> repair() override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    return repair_damage({foundation_, *runtime_, state_dir_});
  }

  Result<void> down(const Progress& progress) override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    KEELSON_CHECK(runtime_->down(&foundation_, progress));
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
    return fail_as(ErrorCode::not_supported, "there are no events on Kubernetes", {}, "no agent watches there", "kubectl --namespace " + place_.space + " get events");
  }

 private:
  std::string key_file() const { return keelson::key_file(blueprint_.foundation, state_dir_); }

  Result<ApplyReport> bring_up(ApplyListener& listener) {
    KEELSON_CHECK(machine_.files.make_directory(base_dir(), 0711));
    KEELSON_CHECK(machine_.files.make_directory(state_dir_, 0711));
    KEELSON_TRY(const auto registry, open_registry(machine_));
    KEELSON_CHECK(registry->claim(blueprint_.foundation, state_dir_));
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    KEELSON_CHECK(settle());
    const auto repaired = repair_damage({foundation_, *runtime_, state_dir_});
    KEELSON_TRY(const Plan steps, observe_and_plan(*runtime_, foundation_));
    KEELSON_CHECK(remember());
    return run_plan_and_repair({*runtime_, foundation_, state_dir_, request_.command, machine_.clock}, steps, listener, repaired);
  }

  /// From now on the foundation stays in this cluster, whatever context the kubeconfig chooses later.
  Result<void> settle() {
    if (place_.context.empty()) place_.context = runtime_->kubectl().current_context();
    if (place_.cluster_id.empty()) {
      KEELSON_TRY(const kubernetes::ClusterFacts facts, runtime_->kubectl().cluster(place_.space));
      place_.cluster_id = facts.id;
    }
    return write_cluster_place(machine_.files, state_dir_, place_);
  }

  /// Keeps what a later command needs to know.
  Result<void> remember() {
    KEELSON_CHECK(write_if_changed(machine_.files, state_dir_ + "/applied.json", runtime_->site().applied, 0600));
    return write_if_changed(machine_.files, state_dir_ + "/access-info.txt", access_text(foundation_, names(), runtime_->world().trust_file(TrustDomain::services)), 0644);
  }

  RealMachine machine_;
  Request request_;
  Applied source_;
  Blueprint blueprint_;
  std::string state_dir_;
  ClusterPlace place_;
  Foundation foundation_;
  std::unique_ptr<kubernetes::KubernetesRuntime> runtime_;
};

}  // namespace

Checked<std::unique_ptr<Pipeline>> open_kubernetes(OpenedBlueprint opened) {
  RealFiles files;
  RealRandom random;
  const auto standing = read_cluster_place(files, opened.state_dir);
  if (!standing) return unexpected(Errors{standing.error()});
  auto place = cluster_place(opened.request, opened.blueprint.foundation, *standing, random);
  if (!place) return unexpected(Errors{place.error()});
  kubernetes::Cluster cluster;
  cluster.space = place->space;
  KEELSON_TRY(Foundation foundation, place_on_kubernetes(opened.blueprint, cluster));
  auto pipeline = std::make_unique<KubernetesPipeline>(std::move(opened), std::move(*place), std::move(foundation));
  if (auto made = pipeline->make_runtime(); !made) return unexpected(Errors{made.error()});
  return pipeline;
}

}  // namespace keelson
