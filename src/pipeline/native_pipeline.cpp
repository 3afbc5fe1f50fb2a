#include "pipeline/native_pipeline.h"

#include <unistd.h>

#include <algorithm>

#include "components/catalog.h"
#include "model/resolve.h"
#include "operate/drill.h"
#include "pipeline/addresses_in_use.h"
#include "pipeline/machine.h"
#include "pipeline/run_plan.h"
#include "runtime/native/host_names.h"
#include "runtime/native/host_users.h"
#include "runtime/native/native_runtime.h"
#include "state/addresses.h"
#include "state/host_registry.h"
#include "state/lock.h"
#include "state/schema.h"
#include "verify/sabotage.h"

namespace keelson {
namespace {

// In the table of addresses: a component's place in the foundation's uid range, beyond every octet.
constexpr std::string_view kUidPrefix = "uid:";
constexpr int kUidBase = 1000;

/// A native foundation opened: the whole story of the product as members in the order of the pipeline.
class NativePipeline : public Pipeline {
 public:
  explicit NativePipeline(OpenedBlueprint opened)
      : request_(std::move(opened.request)), source_(std::move(opened.source)), blueprint_(std::move(opened.blueprint)), state_dir_(std::move(opened.state_dir)) {}

  /// resolve: Blueprint -> Foundation, at the place the host registry gave (or would give) it.
  Checked<void> resolve_at(const state::HostClaim& place) {
    place_ = place;
    auto runtime = native::NativeRuntime::make({machine_.files, machine_.commands, machine_.random, machine_.clock}, site(), catalog());
    if (!runtime) return unexpected(Errors{runtime.error()});
    runtime_ = std::move(*runtime);
    auto foundation = keelson::resolve({blueprint_, catalog(), runtime_->layout(), place_.block, native::invoking_user()}, addresses_);
    if (!foundation) return unexpected(std::move(foundation).error());
    foundation_ = std::move(*foundation);
    return {};
  }

  /// The registry's row, or what the next claim would give; changes nothing.
  Checked<void> resolve_here() {
    if (auto book = read_addresses(); !book) return unexpected(Errors{book.error()});
    auto place = claim_or_preview(machine_, blueprint_.foundation, state_dir_);
    if (!place) return unexpected(Errors{place.error()});
    return resolve_at(*place);
  }

  const Blueprint& blueprint() const override { return blueprint_; }
  const Foundation& foundation() const override { return foundation_; }
  Runtime& runtime() override { return *runtime_; }
  const std::string& state_dir() const override { return state_dir_; }
  Resolvable names() const override {
    if (geteuid() != 0) return Resolvable::none;
    const bool short_names = place_.owns_short_names;
    const auto hosts = machine_.files.read("/etc/hosts");
    if (!hosts || native::lead_elsewhere(*hosts, {place_.id, foundation_.name}, native::host_lines(foundation_, short_names))) return Resolvable::none;
    return short_names ? Resolvable::all : Resolvable::full;
  }
  std::string log_file(const std::string& instance) const override { return state_dir_ + "/log/" + instance + ".log"; }

  Checked<Plan> plan() override { return plan_of(*runtime_, foundation_); }

  Checked<ApplyReport> up(ApplyListener& listener) override {
    const auto there_before = machine_.files.info(state_dir_);
    if (!there_before) return unexpected(Errors{there_before.error()});
    const auto lock = claim_and_lock();
    if (!lock) return unexpected(Errors{lock.error()});
    if (Errors refused = runtime_->preflight(foundation_); !refused.empty()) {
      if (auto addresses = addresses_usable(); !addresses) refused.push_back(addresses.error());
      if (auto forgotten = forget(*there_before ? Before::stood : Before::nothing); !forgotten) refused.push_back(forgotten.error());
      return unexpected(std::move(refused));
    }
    auto report = bring_up(listener, *there_before ? Before::stood : Before::nothing);
    if (!report) return unexpected(Errors{report.error()});
    return std::move(*report);
  }

  Result<void> repair() override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    return repair_damage({foundation_, *runtime_, state_dir_});
  }

  Result<void> down(const Progress& progress) override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    KEELSON_CHECK(undo_left_fault());
    KEELSON_CHECK(runtime_->down(&foundation_, progress));
    return audit(state_dir_, machine_.clock, request_.command, "done");
  }

  Result<void> destroy(const Progress& progress) override {
    {
      KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
      KEELSON_CHECK(undo_left_fault());
      KEELSON_CHECK(runtime_->down(&foundation_, progress));
      progress("users, data and secrets to be removed");
      if (geteuid() == 0) KEELSON_CHECK(remove_users());
      KEELSON_CHECK(machine_.files.remove_tree(state_dir_));
    }
    return forget_foundation(machine_, blueprint_.foundation, state_dir_);
  }

  Result<std::vector<std::pair<std::string, std::string>>> secret_names() override { return names_and_purposes(runtime_->secrets()); }

  Result<std::vector<Json>> events(std::int64_t after, int limit, int wait_ms) override {
    auto events = runtime_->agent().events(after, wait_ms);
    if (!events) return unexpected(events.error());
    if (static_cast<int>(events->size()) > limit) events->erase(events->begin(), events->end() - limit);
    return events;
  }

 private:
  std::string key_file() const { return keelson::key_file(blueprint_.foundation, state_dir_); }

  native::Site site() const {
    native::Site site;
    site.foundation = blueprint_.foundation;
    site.id = place_.id;
    site.state_dir = state_dir_;
    site.artifact_dir = artifact_dir();
    site.key_file = key_file();
    site.block = place_.block;
    site.root = geteuid() == 0;
    site.owns_short_names = place_.owns_short_names;
    site.user = native::current_user();
    site.program = request_.program;
    for (const auto& [component, index] : uids_) site.uids[component] = place_.first_uid + index;
    return site;
  }

  /// A volume that a killed drill mounted must be gone before its member is stopped for good.
  Result<void> undo_left_fault() {
    Standing damaged{foundation_, *runtime_, state_dir_};
    if (auto undone = operate::undo_left_fault(damaged); !undone) {
      undone.error().next = "keelson up undoes it too, and says what stands in the way";
      return unexpected(undone.error());
    }
    return {};
  }

  Result<state::Lock> claim_and_lock() {
    KEELSON_CHECK(claim());
    return state::Lock::take(state_dir_, request_.command);
  }

  /// The state directory before this `up`.
  enum class Before { nothing, stood };

  Result<ApplyReport> bring_up(ApplyListener& listener, Before before) {
    const auto repaired = repair_damage({foundation_, *runtime_, state_dir_});
    KEELSON_TRY(const Plan steps, observe_and_plan(*runtime_, foundation_));
    if (steps.empty()) {
      if (!repaired) return unexpected(repaired.error());  // everything runs, so trying again later would not help
      KEELSON_CHECK(remember());
      return ApplyReport{.warnings = steps.warnings};
    }
    if (auto fit = preflight(steps); !fit) {
      KEELSON_CHECK(forget(before));
      return unexpected(fit.error());
    }
    KEELSON_CHECK(remember());
    Result<void> repaired_now;
    // What was left may need engines that run: then it is repaired now.
    const auto mend = [&] { repaired_now = repaired ? Result<void>() : repair_damage({foundation_, *runtime_, state_dir_}); };
    KEELSON_TRY(ApplyReport report, run_plan({*runtime_, foundation_, state_dir_, request_.command, machine_.clock}, steps, listener, mend));
    KEELSON_CHECK(repaired_now);
    return report;
  }

  /// Where anything is to be started or told new places, every address must be this machine's, and free or ours: an engine that cannot
  /// bind only crashes in turns.
  Result<void> preflight(const Plan& steps) {
    const auto binds = [](const Step& step) {
      return step.action == Action::start || step.action == Action::restart || step.action == Action::reload;
    };
    if (std::none_of(steps.steps.begin(), steps.steps.end(), binds)) return {};
    return addresses_usable();
  }

  Result<void> addresses_usable() {
    std::vector<int> ours;
    if (const auto instances = runtime_->status())
      for (const InstanceStatus& instance : *instances) ours.insert(ours.end(), instance.pids.begin(), instance.pids.end());
    return refuse_unusable_addresses(foundation_, place_.id, state_dir_, ours);
  }

  Result<std::unique_ptr<state::Database>> open_state() { return state::open_state(state_dir_, machine_.clock); }

  Result<void> read_addresses() {
    const std::string path = state_dir_ + "/state.db";
    KEELSON_TRY(const auto there, machine_.files.info(path));
    if (!there) return {};
    KEELSON_TRY(const auto database, open_state());
    KEELSON_TRY(const AddressBook book, state::Addresses(*database).load());
    for (const auto& [name, number] : book) {
      if (name.starts_with(kUidPrefix)) uids_[name.substr(kUidPrefix.size())] = number - kUidBase;
      else addresses_[name] = number;
    }
    return {};
  }

  /// A component keeps its uid for ever, so that its files keep their owner.
  void give_uids() {
    int next = 0;
    for (const auto& [component, index] : uids_) next = std::max(next, index + 1);
    for (const Component& component : foundation_.components)
      if (!uids_.contains(component.name)) uids_[component.name] = next++;
  }

  /// Takes the foundation's place on this host for good, and resolves again where that changes what was previewed.
  Result<void> claim() {
    KEELSON_CHECK(machine_.files.make_directory(base_dir(), 0711));
    KEELSON_CHECK(machine_.files.make_directory(state_dir_, 0711));
    KEELSON_TRY(const auto registry, open_registry(machine_));
    KEELSON_TRY(const state::HostClaim place, registry->claim(blueprint_.foundation, state_dir_));
    const auto previewed = uids_;
    give_uids();
    if (place == place_ && uids_ == previewed) return {};  // the usual case: what was previewed is what it has
    if (auto resolved = resolve_at(place); !resolved) return unexpected(resolved.error().front());
    return {};
  }

  /// Keeps what a later command needs to know: addresses, uids, the blueprint as applied, the access sheet.
  Result<void> remember() {
    AddressBook book = addresses_;
    for (const auto& [component, index] : uids_) book[std::string(kUidPrefix) + component] = kUidBase + index;
    KEELSON_TRY(const auto database, open_state());
    state::Addresses table(*database);
    KEELSON_TRY(const AddressBook known, table.load());
    if (known != book) KEELSON_CHECK(table.save(book));
    KEELSON_CHECK(write_if_changed(machine_.files, state_dir_ + "/applied.json", applied_text({source_.sources, source_.profile, "native", {}}), 0600));
    return write_if_changed(machine_.files, state_dir_ + "/access-info.txt", access_text(foundation_, names(), runtime_->world().trust_file(TrustDomain::services)), 0644);
  }

  /// A first `up` that was refused leaves nothing: no claim, and no state directory unless it was there.
  Result<void> forget(Before before) {
    KEELSON_TRY(const auto applied, find_applied(machine_.files, state_dir_));
    if (applied) return {};
    if (before == Before::nothing) KEELSON_CHECK(machine_.files.remove_tree(state_dir_));
    KEELSON_TRY(const auto registry, open_registry(machine_));
    return registry->release(blueprint_.foundation, state_dir_);
  }

  Result<void> remove_users() {
    native::HostUsers users(machine_.commands);
    for (const auto& [component, index] : uids_) KEELSON_CHECK(users.remove(runtime_->layout().user(component)));
    return {};
  }

  RealMachine machine_;
  Request request_;
  Applied source_;
  Blueprint blueprint_;
  std::string state_dir_;
  state::HostClaim place_;
  AddressBook addresses_;
  std::map<std::string, int> uids_;
  std::unique_ptr<native::NativeRuntime> runtime_;
  Foundation foundation_;
};

}  // namespace

Checked<std::unique_ptr<Pipeline>> open_native(OpenedBlueprint opened) {
  auto pipeline = std::make_unique<NativePipeline>(std::move(opened));
  if (auto resolved = pipeline->resolve_here(); !resolved) return unexpected(std::move(resolved).error());
  return pipeline;
}

}  // namespace keelson
