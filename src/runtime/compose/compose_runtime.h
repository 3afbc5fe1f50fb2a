#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "artifact/image.h"
#include "artifact/store.h"
#include "base/ipv4.h"
#include "runtime/compose/compose_world.h"
#include "runtime/compose/docker.h"
#include "runtime/compose/folder.h"
#include "runtime/compose/network.h"
#include "runtime/compose/stored_programs.h"
#include "runtime/container_layout.h"
#include "runtime/folder_writer.h"
#include "runtime/joined_starts.h"
#include "runtime/runtime.h"
#include "security/ca.h"
#include "security/key_source.h"
#include "security/secret_store.h"
#include "state/sqlite.h"
#include "system/clock.h"
#include "system/commands.h"
#include "system/files.h"
#include "system/random.h"

namespace keelson::compose {

/// The machine, as the Compose runtime reaches it. Everything must outlive the runtime.
struct Machine {
  Files& files;
  Commands& commands;
  Random& random;
  Clock& clock;
};

/// Where one foundation is on this machine.
struct Site {
  std::string foundation;
  std::string state_dir;
  std::string key_file;      ///< of the secret store
  std::string artifact_dir;
  std::string image_dir;
  std::string program;       ///< this keelson, which goes into images
  Book book;                 ///< the numbers that its addresses and users were made of
  Ipv4Range block;
  ContainerUsers users;
  std::string build;         ///< tells it from other keelsons in the names of images: build_of
  Engine engine;             ///< the one that it stands on; without an id: none yet

  /// The rendered folder.
  std::string directory() const { return state_dir + "/compose"; }
  /// Tells this foundation from others of its name: File::owner.
  std::string owner() const;
};

/// In the state's table of written files: those of the folder.
inline constexpr std::string_view kWrittenBy = "compose";

/// Asks an instance's own probe once, from here: ready, or why not.
using AskProbe = std::function<Result<void>(const Instance& instance)>;

/// Runs a foundation as one Compose project on a Docker engine. What it runs is a rendered folder in the state directory, so that
/// `docker compose` alone can go on with it; `docker compose` does the work. Nothing of keelson stays behind to watch: restarts are the
/// engine's, failovers those of Sentinel and Patroni.
class ComposeRuntime : public Runtime {
 public:
  /// Touches nothing yet. `foundation` is the one that all calls will be about; it must outlive the runtime.
  static Result<std::unique_ptr<ComposeRuntime>> make(Machine machine, Site site, const Foundation& foundation, AskProbe ask);

  std::string_view name() const override { return "compose"; }
  Isolation isolation() const override { return Isolation::networks; }
  const Layout& layout() const override { return layout_; }
  const Layout& programs() const override { return programs_; }
  World& world() override { return *world_; }
  Result<Observed> observe(const Foundation& foundation) override;
  Errors preflight(const Foundation& foundation) override;
  Result<ObservedNetwork> network(const Foundation& foundation) override;
  Result<void> execute(const Foundation& foundation, const Step& step, const Progress& progress) override;
  Result<std::vector<InstanceStatus>> status() override;
  Result<std::string> run_inside(const std::string& instance, const std::vector<std::string>& words) override { return world_->run_inside(instance, words, {}); }
  Result<std::string> told() override;
  Result<void> may_harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  Result<void> harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  Result<void> heal(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  /// `docker compose down`: containers and networks go, volumes stay.
  Result<void> down(const Foundation* foundation, const Progress& progress) override;
  /// The same with the volumes: the data is gone.
  Result<void> remove_data(const Progress& progress);

  /// The engine that it stands on: the recorded one, or the one that `preflight` found fit.
  const Engine& engine() const { return engine_; }
  /// Fails when another engine answers than the one that it stands on.
  Result<void> must_answer();

  SecretStore& secrets() { return *secrets_; }
  Docker& docker() { return *docker_; }
  const Site& site() const { return site_; }

 private:
  ComposeRuntime(Machine machine, Site site, const Foundation& foundation, AskProbe ask);

  using ImageIds = std::map<std::string, std::string>;  ///< by image name

  Checked<Folder> folder() const;
  FolderMachine folder_machine() { return {machine_.files, *secrets_, *authority_, machine_.clock}; }
  Owning owning() const { return site_.users.by_component.empty() ? Owning::renderer : Owning::components; }
  Result<ImageIds> wanted_images();

  void observe_images(const ImageIds& images, Observed& observed) const;
  Result<void> observe_files(const Folder& wanted, Observed& observed);
  Result<void> observe_containers(const Folder& wanted, const ImageIds& images, Observed& observed);
  Result<void> observe_provisions(Observed& observed);
  ObservedInstance observe_container(const PlacedInstance& placed, const Service& service, const Container& container, const std::string& image_id);
  std::vector<ObservedFile> unread_files(const Folder& folder, const std::string& instance, const Container& container);
  Life life_of(const Instance& instance, const Container& container, std::string& detail);

  Result<void> open_authority();
  Result<void> write_all();
  Result<void> make_image(const std::string& artifact, const Progress& progress);
  Result<void> start(const PlacedInstance& placed, Action how, const Progress& progress);
  /// Ready, or why not.
  Result<void> ask(const Instance& instance, const Container& container);
  Result<void> ask_now(const Instance& instance);
  Result<void> wait_until_ready(const Instance& instance, const Progress& progress);
  Result<void> give_up_on(const Instance& instance, const Container& container, const std::string& detail);
  Result<void> remove(const std::string& service);
  Result<std::string> path_read_by(const Instance& instance);
  Result<std::vector<std::string>> networks_out_of_reach(const Instance& instance);
  /// What the engine has of this foundation. Fails when it is another engine than the one that it stands on, when none can be used here, or when something
  /// under this project's name is somebody else's: a name is all that Compose goes by.
  Result<Project> ours();
  Result<void> must_be_ours(const Project& project) const;
  Result<void> find_engine();
  /// The networks that are yet to be made must find their addresses free.
  Result<void> must_be_free(const Project& project);
  Result<void> remove_leftovers(Docker::Kept what);

  Machine machine_;
  const Site site_;
  const Foundation& foundation_;
  const AskProbe ask_;
  const ContainerLayout layout_;
  ArtifactStore artifacts_;
  const StoredPrograms programs_;
  ImageStore images_;
  std::unique_ptr<KeyFile> key_;
  std::unique_ptr<SecretStore> secrets_;
  std::unique_ptr<Docker> docker_;
  std::unique_ptr<ComposeWorld> world_;
  std::unique_ptr<Authority> authority_;
  Engine engine_;
  std::map<std::string, std::string> paused_;  ///< the id of each service's container, where the last look found it paused
  std::optional<std::map<std::string, Container>> just_seen_;  ///< by `preflight`, for the `observe` that follows
  std::mutex mutex_;       ///< of writing the folder
  bool written_ = false;
  JoinedStarts starts_;
};

}  // namespace keelson::compose
