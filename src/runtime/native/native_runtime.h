#pragma once
#include <memory>
#include <mutex>

#include "artifact/store.h"
#include "runtime/native/agent_client.h"
#include "runtime/native/crash_loops.h"
#include "runtime/native/host_names.h"
#include "runtime/native/host_users.h"
#include "runtime/native/instance_files.h"
#include "runtime/native/native_layout.h"
#include "runtime/native/native_world.h"
#include "supervision/process_spec.h"
#include "runtime/runtime.h"
#include "security/ca.h"
#include "security/key_source.h"
#include "security/secret_store.h"
#include "state/sqlite.h"
#include "system/clock.h"
#include "system/commands.h"
#include "system/files.h"
#include "system/random.h"

namespace keelson::native {

/// The machine, as the native runtime reaches it. Everything must outlive the runtime.
struct Machine {
  Files& files;
  Commands& commands;
  Random& random;
  Clock& clock;
};

/// Runs a foundation as supervised processes on this machine. `observe` and `execute` do their work in the calling
/// process; the agent only supervises. Thread-safe where Runtime says so.
class NativeRuntime : public Runtime {
 public:
  /// Touches nothing yet: the state directory appears with the first executed step.
  static Result<std::unique_ptr<NativeRuntime>> make(Machine machine, Site site, Catalog catalog);

  std::string_view name() const override { return "native"; }
  const NativeLayout& layout() const override { return *layout_; }
  World& world() override { return *world_; }
  Result<Observed> observe(const Foundation& foundation) override;
  Errors preflight(const Foundation& foundation) override;
  Result<ObservedNetwork> network(const Foundation& foundation) override;
  Result<void> execute(const Foundation& foundation, const Step& step, const Progress& progress) override;
  Result<std::vector<InstanceStatus>> status() override;
  Result<void> may_harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  Result<void> harm(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  Result<void> heal(const Foundation& foundation, Harm harm, const PlacedInstance& placed) override;
  Result<void> down(const Foundation* foundation, const Progress& progress) override;

  AgentClient& agent() { return *agent_; }
  SecretStore& secrets() { return *secrets_; }
  ArtifactStore& artifacts() { return *artifacts_; }

 private:
  NativeRuntime(Machine machine, Catalog catalog) : machine_(machine), users_(machine.commands), catalog_(catalog) {}

  Result<Owner> owner_of(const std::string& component, const Site& site);
  Result<ProcessSpec> spec_of(const Component& component, const Member& member, const Instance& instance, Owner owner) const;
  Result<ObservedInstance> observe_instance(const Foundation&, const Component&, const Member&, const Instance&, const ProcessStatus*, const Digests&);
  Result<void> observe_instances(const Foundation& foundation, Observed& observed);
  Result<Digests> loaded_network();

  std::string authority_dir() const { return layout_->site().state_dir + "/ca"; }
  Result<void> open_authority_if_made();
  Result<state::Database*> database();
  Result<Digests> read_digests(const std::string& instance);
  Result<void> save_digests(const std::string& instance, const Digests& digests);

  Result<void> prepare_state();
  Result<void> make_state();
  Result<void> empty_run_directories(const Foundation& foundation);
  Result<void> install_program();

  Result<void> fetch(const std::string& artifact, const Progress& progress);
  Result<void> configure(const Component& component, const Instance& instance);
  Result<void> declare(const Component& component, const Member& member, const Instance& instance);
  Result<void> start(const PlacedInstance& placed, Action how, CrashLoops::Step& going, const Progress& progress);
  Result<void> start_agent();
  Result<void> publish(const Foundation& foundation);
  HostsMark hosts_mark() const { return {layout_->site().id, layout_->site().foundation}; }
  Result<void> enforce_network(const Foundation& foundation);
  Result<void> lift_network();

  Machine machine_;
  HostUsers users_;
  Catalog catalog_;
  std::unique_ptr<NativeLayout> layout_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<KeySource> key_;
  std::unique_ptr<SecretStore> secrets_;
  std::unique_ptr<NativeWorld> world_;
  std::unique_ptr<AgentClient> agent_;
  std::unique_ptr<Authority> authority_;
  CrashLoops crash_loops_;
  std::mutex prepare_mutex_;
  bool prepared_ = false;
  std::mutex database_mutex_;
  std::unique_ptr<state::Database> database_;  ///< digests of written files; opened when first needed
};

}  // namespace keelson::native
