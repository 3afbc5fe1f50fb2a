#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "runtime/container_image.h"
#include "runtime/folder_writer.h"
#include "runtime/joined_starts.h"
#include "runtime/kubernetes/compare.h"
#include "runtime/kubernetes/inside.h"
#include "runtime/kubernetes/kubectl.h"
#include "runtime/kubernetes/manifests.h"
#include "runtime/kubernetes/pods.h"
#include "runtime/kubernetes/snapshot.h"
#include "runtime/runtime.h"
#include "security/ca.h"
#include "security/key_source.h"
#include "security/own_certificates.h"
#include "security/secret_store.h"
#include "system/random.h"

namespace keelson::kubernetes {

/// The machine that keelson runs on, outside the cluster. Everything must outlive the runtime.
struct Machine {
  Files& files;
  Commands& commands;
  Random& random;
  Clock& clock;
};

/// Where one foundation is.
struct Site {
  std::string foundation;
  std::string state_dir;
  std::string key_file;       ///< of the secret store
  std::string applied;        ///< the blueprint, as applied.json keeps it: what is asked inside pods is asked about it
  Cluster cluster;
  std::string context;        ///< of the kubeconfig; "" = the one it has chosen
  std::string storage_class;  ///< "" = the cluster's default
  std::string build;          ///< the keelson in the images: build_of
  std::string owner;          ///< tells this foundation from all others of its name, on whatever machine their state is: kOwner
  std::string cluster_id;     ///< the cluster it stands in, as Kubectl::cluster_id tells; "" = not known

  /// What pods are given, as it was last made.
  std::string directory() const { return state_dir + "/kubernetes"; }
};

/// In the state's table of written files: those of the folder.
inline constexpr std::string_view kWrittenBy = "kubernetes";

/// Runs a foundation in a namespace of a cluster. `kubectl` does the work: objects are applied server-side, as field manager `keelson`, and compared with
/// what the API server says they would become. Nothing of keelson stays behind to watch: restarts are the kubelet's, failovers Sentinel's and Patroni's.
/// Engines are asked from inside a pod of theirs (inside.h).
class KubernetesRuntime : public Runtime {
 public:
  /// Touches nothing yet. `foundation` is the one that all calls will be about; it must outlive the runtime.
  static Result<std::unique_ptr<KubernetesRuntime>> make(Machine machine, Site site, const Foundation& foundation);

  std::string_view name() const override { return "kubernetes"; }
  std::vector<Fitness> fitness(const Foundation& foundation) override;
  Isolation isolation() const override { return Isolation::pods; }
  bool clients_are_inside() const override { return true; }
  Result<std::unique_ptr<ClientSeat>> take_seat(const SeatWish& wish) override;
  Result<std::vector<std::string>> excess_rights() override;
  const Layout& layout() const override { return layout_; }
  World& world() override;
  Result<Observed> observe(const Foundation& foundation) override;
  Errors preflight(const Foundation& foundation) override;
  Result<ObservedNetwork> network(const Foundation&) override { return ObservedNetwork{}; }
  Result<void> execute(const Foundation& foundation, const Step& step, const Progress& progress) override;
  Result<std::vector<InstanceStatus>> status() override;
  Result<std::string> run_inside(const std::string& instance, const std::vector<std::string>& words) override;
  Result<std::string> told() override;
  Result<void> may_harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  Result<void> harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  Result<void> heal(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  /// Pods and all that leads to them go; volumes stay, and what Patroni keeps of its cluster.
  Result<void> down(const Foundation* foundation, const Progress& progress) override;
  /// The same with the volumes, and with the namespace if keelson made it.
  Result<void> remove_data(const Progress& progress);

  SecretStore& secrets() { return *secrets_; }
  Kubectl& kubectl() { return *kubectl_; }
  const Site& site() const { return site_; }
  /// The container that is an instance; empty when there is none of that name.
  PodPlace place_of(const std::string& instance) const;

 private:
  KubernetesRuntime(Machine machine, Site site, const Foundation& foundation);

  FolderContent wanted_folder() const;
  FolderMachine folder_machine() { return {machine_.files, *secrets_, *authority_, machine_.clock}; }
  SecretLookup lookup();
  Result<Manifests> wanted();
  Result<void> must_be_ours(const Seen& seen) const;
  /// The cluster must be the one it stands in, and the namespace free or its own.
  Result<void> must_be_the_place();
  /// What has no volumes yet wants a class to make them of.
  std::optional<Error> no_storage_class(const Foundation& foundation);

  Result<void> observe_secrets(Observed& observed);
  Result<void> observe_leaves(Observed& observed);
  Result<void> observe_objects(const Seen& live, Observed& observed);
  void note(const ObjectDifference& difference, Observed& observed);
  void note_instance(const ObjectDifference& difference, const PlacedInstance& placed, ObservedInstance& observed) const;
  void observe_pods(const Seen& live, Observed& observed);
  void observe_inside(Observed& observed);

  Result<void> open_authority();
  Result<void> apply(const std::vector<Object>& objects);
  Result<void> write_all();
  Result<void> start(const PlacedInstance& placed, Action how, const Progress& progress);
  Result<void> wait_for_others(const PlacedInstance& placed, const Progress& progress);
  Result<void> wait_until_ready(const Instance& instance, const Progress& progress);
  bool waits_for_volume(const Pod& pod);
  /// What only somebody can mend, of an instance whose pod does not come; at most two calls of the client.
  std::optional<Error> obstacle(const Instance& instance, const Json& set, const Pod* pod);
  Result<void> provision(const Component& component);
  Result<void> remove_election_records();
  Result<void> give_up_on(const Instance& instance, const Pod& pod);
  Result<void> remove_instance(const std::string& instance);
  Result<void> hand_over(Question& question, const std::vector<std::string>& paths);
  Result<ContainerImage> an_image(const std::string& artifact) const;
  Fitness try_policies();
  Result<std::vector<Object>> harmed(Harm harm, const PlacedInstance& placed);
  Result<Question> question_of_client(const Json& asked);
  Result<Answer> ask(Question::What what, const Component& component, const std::string& member = {}, const LiveSetting& setting = {});
  Result<std::string> ready_member(const Component& component);

  Machine machine_;
  const Site site_;
  const Foundation& foundation_;
  const PodLayout layout_;
  const OwnCertificates own_;
  std::unique_ptr<keelson::KeyFile> key_;
  std::unique_ptr<SecretStore> secrets_;
  std::unique_ptr<Kubectl> kubectl_;
  std::unique_ptr<Snapshot> snapshot_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Authority> authority_;
  std::mutex mutex_;                     ///< of what write_all makes
  std::optional<Manifests> written_;
  std::set<std::string> new_templates_;  ///< instances whose pod an apply replaces by itself
  std::set<std::string> stood_;          ///< instances that were there before this run
  std::vector<ObjectName> orphans_;      ///< what nobody names any more, beside instances
  std::vector<ObjectName> stray_sets_;   ///< instances that nobody names any more
  JoinedStarts starts_;
};

}  // namespace keelson::kubernetes
