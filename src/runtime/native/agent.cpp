#include "runtime/native/agent.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/encoding.h"
#include "runtime/native/agent_process.h"
#include "runtime/native/log_writer.h"
#include "supervision/spawn.h"
#include "runtime/native/wire.h"

namespace keelson::native {
namespace {

constexpr std::int64_t kLogWriterPauseUs = 1'000'000;  ///< between two starts of a log writer that dies at once

constexpr int kWorkers = 4;  ///< two members may die at once while the watchdog and the endpoints ask too

double random_fraction(Random& random) {
  const std::string bytes = random.bytes(2);
  return (static_cast<unsigned char>(bytes[0]) * 256 + static_cast<unsigned char>(bytes[1])) / 65536.0;
}

}  // namespace

Agent::Agent(Loop& loop, const AgentOptions& options, Catalog catalog, state::Database& database, Clock& clock, Random& random,
             SecretSource secrets)
    : loop_(loop),
      options_(options),
      processes_(database),
      events_(database, clock),
      clock_(clock),
      began_ms_(clock.wall_ms()),
      guardian_pid_(std::getenv(kGuardianVariable) ? getppid() : 0),
      world_({options.state_dir + "/trust", options.state_dir + "/agent"}, std::move(secrets)),
      workers_(loop, kWorkers),
      ground_{loop,
              find_cgroup_roots(std::to_string(options.foundation_id)),
              world_,
              {},
              options.state_dir + "/log",
              [&random] { return random_fraction(random); },
              {catalog, &workers_, &world_, [&random] { return hex(random.bytes(16)); },
               [this](const std::string& instance, const std::string& attempt) {
                 return attempt.empty() ? processes_.erase("attempt", instance) : processes_.put("attempt", instance, attempt);
               }}},
      repair_(loop, workers_, options.program, options.state_dir, [this](std::string_view kind, const std::string& reason) { event(kind, "", "", reason); }) {}

Result<void> Agent::begin() {
  keep_log_writer();
  KEELSON_TRY(const auto specs, processes_.all("spec"));
  KEELSON_TRY(const auto records, processes_.all("process"));
  KEELSON_TRY(const auto attempts, processes_.all("attempt"));
  kept_processes_ = records;
  event("agent-started", "", "", fmt::format("pid {}", getpid()));
  std::vector<std::pair<Supervised*, bool>> found;
  for (const auto& [name, text] : specs) {
    KEELSON_TRY(const Json json, parse_json(text));
    KEELSON_TRY(ProcessSpec spec, process_spec_from_json(json["spec"]));
    const auto attempt = attempts.find(name);
    found.emplace_back(&add(std::move(spec), attempt == attempts.end() ? "" : attempt->second), json["wanted_up"].as_bool());
  }
  for (auto& [instance, wanted_up] : found) {
    std::optional<ProcessRecord> record;
    if (const auto kept = records.find(instance->spec().name); kept != records.end()) {
      KEELSON_TRY(const Json json, parse_json(kept->second));
      record = process_record_from_json(json);
    }
    instance->take_up(record, wanted_up);
  }
  repair_.begin();
  return {};
}

Supervised& Agent::add(ProcessSpec spec, const std::string& open_attempt) {
  const std::string name = spec.name;
  auto& slot = instances_[name];
  slot = std::make_unique<Supervised>(
      ground_, std::move(spec), open_attempt,
      Supervised::Owner{[this](Supervised& instance) { on_changed(instance); },
                        [this](Supervised& instance, std::string_view kind, const std::string& reason) { on_event(instance, kind, reason); },
                        [this](Supervised& instance, const Release& release) { on_released(instance, release); }});
  return *slot;
}

Supervised* Agent::find(const std::string& name) {
  const auto found = instances_.find(name);
  return found == instances_.end() ? nullptr : found->second.get();
}

void Agent::keep_spec(const Supervised& instance) {
  const Json json = Json::object().set("spec", to_json(instance.spec())).set("wanted_up", instance.service().wanted_up());
  if (auto kept = processes_.put("spec", instance.spec().name, json.dump()); !kept)
    event("failed", instance.spec().component, instance.spec().member, describe(kept.error()));
}

void Agent::keep_process(Supervised& instance) {
  const std::string& name = instance.spec().name;
  const auto record = instance.record();
  const std::string text = record ? to_json(*record).dump() : std::string{};
  std::string& kept = kept_processes_[name];
  if (kept == text) return;
  kept = text;
  const auto written = record ? processes_.put("process", name, text) : processes_.erase("process", name);
  if (!written) event("failed", instance.spec().component, instance.spec().member, describe(written.error()));
}

void Agent::on_changed(Supervised& instance) {
  keep_process(instance);
  wake_waiters();
}

void Agent::on_event(Supervised& instance, std::string_view kind, const std::string& reason) {
  const ProcessSpec& spec = instance.spec();
  const bool only_one = spec.name == spec.member || spec.member.empty();
  event(kind, spec.component, spec.member.empty() ? spec.name : spec.member, only_one ? reason : spec.name + ": " + reason);
  steer_soon();
}

/// At the next turn of the loop, once for all that happened in this one.
void Agent::steer_soon() {
  if (!steer_) steer_ = loop_.after_us(0, [this] { steer_members(); });
}

/// Once a component: each of its leaders knows all members.
void Agent::steer_members() {
  steer_.reset();
  std::string component;
  for (auto& [name, instance] : instances_) {
    if (instance->spec().leadership.kind.empty() || instance->spec().component == component) continue;
    component = instance->spec().component;
    instance->steer();
  }
}

void Agent::on_released(Supervised& instance, const Release& release) {
  state::Event event;
  event.kind = "leader-release";
  event.component = instance.spec().component;
  event.member = instance.spec().member;
  event.reason = release.reason;
  event.decision = !release.condition.empty() ? "restart in place" : "released to " + release.successor;
  if (!release.condition.empty()) event.failed_condition = release.condition;
  static_cast<void>(events_.append(event));
  wake_waiters();
  steer_soon();
}

void Agent::event(std::string_view kind, const std::string& component, const std::string& member, const std::string& reason) {
  state::Event event;
  event.kind = std::string(kind);
  event.component = component;
  event.member = member;
  event.reason = reason;
  static_cast<void>(events_.append(event));  // a full disk must not stop supervision
  wake_waiters();
}

// The log writer: one process that outlives agents and is found again by its record.

void Agent::keep_log_writer() {
  if (const auto kept = processes_.get("agent", "log-writer"); kept && *kept)
    if (const auto json = parse_json(**kept)) {
      const ProcessRecord record = process_record_from_json(*json);
      if (record.boot_id == boot_id())
        if (auto pidfd = open_pidfd(record.process)) {
          log_writer_ = ProcessWatch(loop_, std::move(*pidfd), [this](ExitStatus) { log_writer_ended(); });
          return;
        }
    }
  start_log_writer();
}

void Agent::start_log_writer() {
  ProcessSpec spec;
  spec.name = "log-writer";
  spec.command = {options_.program, "log-writer", ground_.log_dir};
  spec.environment = {{"LANG", "C.UTF-8"}};
  log_writer_began_us_ = loop_.now_us();
  auto spawned = spawn(spec, {});
  if (!spawned) {
    event("failed", "", "", "log writer: " + describe(spawned.error()));
    log_writer_again_ = loop_.after_us(kLogWriterPauseUs, [this] { start_log_writer(); });
    return;
  }
  static_cast<void>(processes_.put("agent", "log-writer", to_json(ProcessRecord{spawned->id, boot_id(), {}, clock_.wall_ms()}).dump()));
  log_writer_ = ProcessWatch(loop_, std::move(spawned->pidfd), [this](ExitStatus) { log_writer_ended(); });
}

void Agent::log_writer_ended() {
  if (ending_ && instances_.empty()) {
    finished_ = true;
    return loop_.stop();
  }
  const bool at_once = loop_.now_us() - log_writer_began_us_ >= kLogWriterPauseUs;
  event("log-writer-restarted", "", "", "the log writer ended");
  log_writer_again_ = loop_.after_us(at_once ? 0 : kLogWriterPauseUs, [this] { start_log_writer(); });
}

void Agent::end_log_writer() {
  if (log_writer_ && syscall(SYS_pidfd_send_signal, log_writer_.fd(), SIGTERM, nullptr, 0) == 0) return;
  finished_ = true;
  loop_.stop();
}

// Ending everything: component by component, newest first, the instances of one together.

void Agent::begin_shutdown(const std::shared_ptr<Exchange>& exchange) {
  if (!ending_) event("shutdown", "", "", "told to stop everything");
  ending_ = true;
  exchange->answer(202, Json::object().set("ending", true));
  wake_waiters();
}

void Agent::go_on_ending() {
  std::map<std::string, std::int64_t> newest;  // by component
  for (auto& [name, instance] : instances_)
    if (instance->service().state() != Service::State::stopped) {
      std::int64_t& at = newest[instance->spec().component];
      at = std::max(at, instance->status().instance.started_ms);
    }
  if (!newest.empty()) {
    const auto next = std::max_element(newest.begin(), newest.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
    for (auto& [name, instance] : instances_)
      if (instance->spec().component == next && instance->service().wanted_up()) instance->service().stop();
    return;
  }
  bool busy = false;
  for (auto& [name, instance] : instances_) busy = !instance->remove_traces() || busy;
  if (busy) {
    retry_ = loop_.after_ms(5, [this] { go_on_ending(); });
    return;
  }
  instances_.clear();
  remove_cgroup_roots(ground_.cgroups);
  end_log_writer();
}

void Agent::erase_removed() {
  for (auto name = removing_.begin(); name != removing_.end();) {
    Supervised* const instance = find(*name);
    if (instance && (instance->service().state() != Service::State::stopped || !instance->remove_traces())) {
      if (instance->service().state() == Service::State::stopped) retry_ = loop_.after_ms(5, [this] { wake_waiters(); });
      ++name;
      continue;
    }
    static_cast<void>(processes_.erase("spec", *name));
    static_cast<void>(processes_.erase("process", *name));
    kept_processes_.erase(*name);
    instances_.erase(*name);
    name = removing_.erase(name);
  }
}

void Agent::park(std::shared_ptr<Exchange> exchange, std::function<bool(Exchange&, bool)> check) {
  if (check(*exchange, false)) return;
  const auto found = exchange->request.query.find("wait_ms");
  const std::int64_t wait_ms = found == exchange->request.query.end() ? 0 : std::clamp(std::atoll(found->second.c_str()), 0LL, 25'000LL);
  if (wait_ms == 0) {
    check(*exchange, true);
    return;
  }
  waiters_.push_back({std::move(exchange), std::move(check), {}});
  const auto self = std::prev(waiters_.end());
  self->deadline = loop_.after_ms(wait_ms, [this, self] {
    const Waiter waiter = std::move(*self);
    waiters_.erase(self);
    waiter.check(*waiter.exchange, true);
  });
}

/// Never from within a Service: at the next turn of the loop, once for all changes of this one.
void Agent::wake_waiters() {
  if (!wake_) wake_ = loop_.after_us(0, [this] { check_waiters(); });
}

void Agent::check_waiters() {
  wake_.reset();
  erase_removed();
  if (ending_ && !instances_.empty()) go_on_ending();
  else if (ending_ && !finished_) end_log_writer();
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();)
    waiter = waiter->check(*waiter->exchange, false) ? waiters_.erase(waiter) : std::next(waiter);
}

}  // namespace keelson::native
