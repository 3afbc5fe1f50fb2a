#include "pipeline/pipeline.h"

#include <unistd.h>

#include <algorithm>

#include "components/catalog.h"
#include "model/resolve.h"
#include "operate/drill.h"
#include "pipeline/addresses_in_use.h"
#include "pipeline/journaled.h"
#include "pipeline/locate.h"
#include "pipeline/machine.h"
#include "runtime/native/host_names.h"
#include "runtime/native/host_users.h"
#include "runtime/native/native_runtime.h"
#include "state/addresses.h"
#include "state/audit_chain.h"
#include "state/host_registry.h"
#include "state/journal.h"
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
  NativePipeline(Request request, Applied source) : request_(std::move(request)), source_(std::move(source)) {}

  /// load: text -> Blueprint.
  Checked<void> load() {
    auto blueprint = load_blueprint(source_.sources, source_.profile, catalog());
    if (!blueprint) return unexpected(std::move(blueprint).error());
    blueprint_ = std::move(*blueprint);
    if (blueprint_.runtime != "native")
      return unexpected(Errors{{ErrorCode::not_supported, "runtime " + blueprint_.runtime + " is not supported yet", blueprint_.mark.text(), {}, "use runtime: native"}});
    state_dir_ = request_.state_dir.empty() ? base_dir() + "/" + blueprint_.foundation : request_.state_dir;
    return {};
  }

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

  Checked<Plan> plan() override {
    if (Errors refused = runtime_->preflight(foundation_); !refused.empty()) return unexpected(std::move(refused));
    auto steps = observe_and_plan();
    if (!steps) return unexpected(Errors{steps.error()});
    return std::move(*steps);
  }

  Checked<ApplyReport> up(ApplyListener& listener) override {
    const auto there_before = machine_.files.info(state_dir_);
    if (!there_before) return unexpected(Errors{there_before.error()});
    const auto lock = claim_and_lock();
    if (!lock) return unexpected(Errors{lock.error()});
    if (Errors refused = runtime_->preflight(foundation_); !refused.empty()) {
      if (auto addresses = addresses_usable(); !addresses) refused.push_back(addresses.error());
      return unexpected(std::move(refused));
    }
    auto report = bring_up(listener, *there_before ? Before::stood : Before::nothing);
    if (!report) return unexpected(Errors{report.error()});
    return std::move(*report);
  }

  Result<void> repair() override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    return repair_damage();
  }

  Result<void> down(const Progress& progress) override {
    KEELSON_TRY(const state::Lock lock, state::Lock::take(state_dir_, request_.command));
    KEELSON_CHECK(undo_left_fault());
    KEELSON_CHECK(runtime_->down(&foundation_, progress));
    KEELSON_TRY(const auto database, open_state());
    return audit(*database, "done");
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
    KEELSON_CHECK(machine_.files.remove(key_file()));
    KEELSON_TRY(const auto registry, open_registry(machine_));
    return registry->release(blueprint_.foundation, state_dir_);
  }

  Result<std::vector<std::pair<std::string, std::string>>> secret_names() override {
    SecretStore& store = runtime_->secrets();
    KEELSON_TRY(const std::vector<std::string> names, store.names());
    std::vector<std::pair<std::string, std::string>> out;
    for (const std::string& name : names) {
      KEELSON_TRY(std::string purpose, store.purpose(name));
      out.emplace_back(name, std::move(purpose));
    }
    return out;
  }

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

  /// What a killed `verify --sabotage` or drill left; each is tried whatever becomes of the other.
  Result<void> repair_damage() {
    Standing damaged{foundation_, *runtime_, state_dir_};
    const auto sabotaged = repair_left_over(damaged);
    const auto drilled = operate::repair_left_drill(damaged);
    if (!sabotaged) return unexpected(sabotaged.error());
    if (!drilled) return unexpected(drilled.error());
    return {};
  }

  Result<Plan> observe_and_plan() {
    KEELSON_TRY(const Observed observed, runtime_->observe(foundation_));
    return make_plan(foundation_, observed);
  }

  Result<state::Lock> claim_and_lock() {
    KEELSON_CHECK(claim());
    return state::Lock::take(state_dir_, request_.command);
  }

  /// The state directory before this `up`.
  enum class Before { nothing, stood };

  Result<ApplyReport> bring_up(ApplyListener& listener, Before before) {
    const auto repaired = repair_damage();
    KEELSON_TRY(const Plan steps, observe_and_plan());
    if (steps.empty()) {
      if (!repaired) return unexpected(repaired.error());  // everything runs, so trying again later would not help
      KEELSON_CHECK(remember());
      return ApplyReport{.warnings = steps.warnings};
    }
    if (auto fit = preflight(steps); !fit) {
      if (before == Before::nothing) KEELSON_CHECK(forget());
      return unexpected(fit.error());
    }
    KEELSON_CHECK(remember());
    KEELSON_TRY(const auto database, open_state());
    state::Journal journal(*database, machine_.clock);
    JournaledListener journaled(listener, journal);
    KEELSON_CHECK(journaled.begin(request_.command, native::invoking_user()));
    ApplyReport report = apply(*runtime_, foundation_, steps, journaled, machine_.clock);
    report.warnings = steps.warnings;
    // What was left may need engines that run: then it is repaired now.
    const auto repaired_now = repaired ? Result<void>() : repair_damage();
    const std::string outcome = report.failures.empty() ? "done" : "failed";
    KEELSON_CHECK(journaled.end(outcome));
    KEELSON_CHECK(audit(*database, outcome));
    KEELSON_CHECK(repaired_now);
    if (journaled.problem() != nullptr) return unexpected(*journaled.problem());
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

  Result<void> audit(state::Database& database, const std::string& outcome) {
    KEELSON_CHECK(state::AuditChain(database, machine_.clock).append(native::invoking_user(), request_.command, outcome));
    return {};
  }

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
    KEELSON_CHECK(write_if_changed(state_dir_ + "/applied.json", applied_text({source_.sources, source_.profile}), 0600));
    return write_if_changed(state_dir_ + "/access-info.txt", access_text(foundation_, names(), runtime_->world().trust_file(TrustDomain::services)), 0644);
  }

  Result<void> write_if_changed(const std::string& path, const std::string& content, unsigned mode) {
    const auto existing = machine_.files.read(path);
    if (existing && *existing == content) return {};
    return machine_.files.write(path, content, mode);
  }

  /// A first `up` that was refused leaves nothing: neither a state directory nor a claim.
  Result<void> forget() {
    KEELSON_CHECK(machine_.files.remove_tree(state_dir_));
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

Checked<std::unique_ptr<Pipeline>> open_with(const Request& request, Applied source) {
  auto pipeline = std::make_unique<NativePipeline>(request, std::move(source));
  if (auto loaded = pipeline->load(); !loaded) return unexpected(std::move(loaded).error());
  if (auto resolved = pipeline->resolve_here(); !resolved) return unexpected(std::move(resolved).error());
  return pipeline;
}

/// Whether the agent of a foundation answers.
bool runs(const KnownFoundation& foundation) { return native::AgentClient(foundation.state_dir + "/agent/agent.sock").hello().has_value(); }

/// The state directory a request about something that stands means: the one it names, else the only foundation there is,
/// else the only one that runs.
Result<std::string> state_dir_of(const Request& request) {
  if (!request.state_dir.empty()) return request.state_dir;
  KEELSON_TRY(std::vector<KnownFoundation> known, known_foundations());
  if (known.empty()) return fail_as(ErrorCode::not_running, "there is no foundation yet", base_dir(), {}, "bring one up: keelson up -f FILE");
  std::string names;
  for (const KnownFoundation& candidate : known) {
    if (candidate.name == request.foundation) return candidate.state_dir;
    names += (names.empty() ? "" : ", ") + candidate.name;
  }
  if (!request.foundation.empty()) return fail_as(ErrorCode::usage, "no foundation of that name", request.foundation, {}, "those known here: " + names);
  if (known.size() > 1) std::erase_if(known, [](const KnownFoundation& candidate) { return !runs(candidate); });
  if (known.size() != 1) return fail_as(ErrorCode::usage, "several foundations are known here", {}, names, "say which: --foundation NAME or --state-dir DIR");
  return known.front().state_dir;
}

}  // namespace

Checked<std::unique_ptr<Pipeline>> Pipeline::open(const Request& request) {
  // Without a file, what was applied is what should be: `keelson up` after `keelson down` needs no -f.
  if (request.files.empty() && !request.foundation.empty()) return open_applied(request);
  RealFiles files;
  auto sources = read_sources(files, request);
  if (sources) return open_with(request, {std::move(*sources), request.profile});
  if (!request.files.empty()) return unexpected(Errors{sources.error()});
  auto applied = open_applied(request);
  const bool nothing_stands = !applied && applied.error().front().code == ErrorCode::not_running;
  return nothing_stands ? unexpected(Errors{sources.error()}) : std::move(applied);
}

Checked<std::unique_ptr<Pipeline>> Pipeline::open_applied(const Request& request) {
  RealFiles files;
  Request located = request;
  if (!request.files.empty() && request.state_dir.empty()) {
    auto named = open(request);
    if (!named) return named;
    located.state_dir = (*named)->state_dir();
  } else {
    auto state_dir = state_dir_of(request);
    if (!state_dir) return unexpected(Errors{state_dir.error()});
    located.state_dir = *state_dir;
  }
  auto applied = read_applied(files, located.state_dir);
  if (!applied) return unexpected(Errors{applied.error()});
  if (!request.profile.empty()) applied->profile = request.profile;
  return open_with(located, std::move(*applied));
}

Result<std::vector<KnownFoundation>> known_foundations() {
  RealMachine machine;
  KEELSON_TRY(const std::vector<state::HostClaim> claims, read_claims(machine));
  std::vector<KnownFoundation> out;
  for (const state::HostClaim& claim : claims) out.push_back({claim.foundation, claim.state_dir, claim.block});
  return out;
}

}  // namespace keelson
