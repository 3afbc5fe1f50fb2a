#include "runtime/container/first_process.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/encoding.h"
#include "runtime/container/process_table.h"
#include "supervision/spawn.h"
#include "system/files.h"
#include "system/random.h"

namespace keelson::container {
namespace {

constexpr int kWorkers = 3;  ///< a release, a look at the lease, a round of steering
constexpr std::array<int, 6> kPassedOn{SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT};
constexpr std::int64_t kReapAgainUs = 1'000;

sigset_t handled() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (const int number : kPassedOn) sigaddset(&set, number);
  return set;
}

/// One line, whole, whoever else writes to the container's log.
void say(const std::string& text) {
  const std::string line = "keelson: " + text + "\n";
  [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, line.data(), line.size());
}

ProcessSpec spec_of(const FirstProcessOptions& options) {
  return {.name = options.facts.instance,
          .command = options.command,
          .environment = options.environment,
          .stop_signal = options.facts.stop_signal,
          .stop_timeout_ms = options.facts.stop_timeout_ms,
          .ready = options.facts.ready,
          .leadership = options.facts.leadership};
}

/// What an earlier first process left open; "" = nothing. One that cannot be read counts as open: settling does no harm.
std::string open_attempt(const std::string& path) {
  RealFiles real_files;
  Files& files = real_files;
  const auto there = files.info(path);
  if (there && !*there) return {};
  const auto text = files.read(path, 4096);
  return text && !text->empty() ? *text : "unread";
}

}  // namespace

FirstProcess::FirstProcess(Loop& loop, FirstProcessOptions options, Catalog catalog)
    : loop_(loop),
      options_(std::move(options)),
      spec_(spec_of(options_)),
      world_(options_.facts),
      workers_(loop, kWorkers),
      ground_{catalog, &workers_, &world_, [] { return hex(RealRandom().bytes(16)); },
              [this](const std::string&, const std::string& attempt) { return keep(attempt); }},
      clearing_(loop, options_.proc),
      service_(*this),
      leader_(loop, ground_, spec_.name, spec_.leadership, open_attempt(options_.attempt_file), owner()) {}

Leader::Owner FirstProcess::owner() {
  return {.holds = [this](int pid) { return holds(pid); },
          .unproved = [this]() -> std::optional<Leader::Unproved> {
            if (clearing_.shared().empty()) return std::nullopt;
            return Leader::Unproved{"shared-pid-namespace", clearing_.shared()};
          },
          .engine_died = [this](const std::string& cause) { service_.engine_died(cause); },
          .may_start = [this] { service_.released(); },
          .told = [this](const Release& release) { told(release); }};
}

void FirstProcess::block_signals() {
  const sigset_t set = handled();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

int FirstProcess::run() {
  const sigset_t set = handled();
  const OwnedFd signals(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  const Watch on_signal = loop_.watch(signals.get(), EPOLLIN, [this, &signals](std::uint32_t) {
    signalfd_siginfo info{};
    while (::read(signals.get(), &info, sizeof info) == sizeof info) received(static_cast<int>(info.ssi_signo));
  });
  service_.start();
  loop_.run();
  switch (status_.how) {
    case ExitStatus::How::exited: return status_.value;
    case ExitStatus::How::signalled: return 128 + status_.value;
    case ExitStatus::How::unknown: break;  // it did not stop in time
  }
  return 128 + SIGKILL;
}

Result<ProcessId> FirstProcess::spawn() {
  KEELSON_TRY(Spawned spawned, keelson::spawn(spec_, {.output = STDOUT_FILENO}));
  status_ = {};
  main_ = ProcessWatch(loop_, std::move(spawned.pidfd), [this](ExitStatus status) { main_ended(status); });
  leader_.started();
  return spawned.id;
}

void FirstProcess::main_ended(const ExitStatus& status) {
  status_ = status;
  // One answer counts: an engine that dies a moment after it was seen alive is told of in the loop's next round, and its leadership is not forgotten.
  const bool engine_left = leader_.main_ended(status);
  const bool by_itself = service_.process().pid != 0 && service_.state() != Service::State::stopping;
  if (by_itself && !leader_.due() && !engine_left) {
    say("exited: " + describe(status));
    return loop_.stop();
  }
  service_.exited(status);
}

void FirstProcess::received(int number) {
  if (number == SIGCHLD) return reap();
  if (number != spec_.stop_signal || !service_.wanted_up()) return pass_on(number);
  service_.stop();
}

/// The main process is spared, as its watch wants its status; that comes in the same round of the loop.
void FirstProcess::reap() {
  if (reap_children(service_.process().pid)) reap_again_ = loop_.after_us(kReapAgainUs, [this] { reap(); });
}

void FirstProcess::pass_on(int number) {
  if (const int pid = service_.process().pid; pid > 1) ::kill(pid, number);
}

void FirstProcess::signal_stop() {
  const bool leads = leader_.leads();
  leader_.planned_stop();
  if (!leads || options_.hand_over == nullptr) return pass_on(spec_.stop_signal);
  auto answer = std::make_shared<Result<std::string>>();
  handing_over_ = workers_.run(
      spec_.stop_timeout_ms / 2, [answer, this](const WorkContext&) { *answer = options_.hand_over(world_, spec_.leadership.facts); },
      [this, answer](JobEnd end) {
        handing_over_.reset();
        handed_over(end == JobEnd::finished ? *answer : fail("it takes longer than half of the time to stop"));
      });
}

void FirstProcess::handed_over(const Result<std::string>& leads_now) {
  say(leads_now ? "planned stop: " + *leads_now + " leads now" : "planned stop, not handed over: " + describe(leads_now.error()));
  pass_on(spec_.stop_signal);
}

void FirstProcess::kill_all() {
  clearing_.begin([this] { service_.emptied(); });
}

bool FirstProcess::holds(int pid) const {
  const auto seen = look_around(options_.proc);
  return seen && std::any_of(seen->own.begin(), seen->own.end(), [&](const Process& process) { return process.pid == pid; });
}

void FirstProcess::start_probing() {
  prober_ = std::make_unique<Prober>(loop_, tls_, world_, spec_.ready, [this](const ProbeResult& result) {
    service_.probed(result);
    leader_.probed(result);
  });
}

void FirstProcess::arm_us(std::int64_t delay_us) {
  timer_ = loop_.after_us(delay_us, [this] { service_.timer(); });
}

double FirstProcess::jitter() { return static_cast<unsigned char>(RealRandom().bytes(1)[0]) / 256.0; }

/// Stopped for good: a first process has nothing else to do.
void FirstProcess::changed() {
  if (service_.state() == Service::State::stopped) loop_.stop();
}

void FirstProcess::event(std::string_view kind, const std::string& reason) {
  say(reason.empty() ? std::string(kind) : fmt::format("{}: {}", kind, reason));
  if (kind == "ready") leader_.steer();
}

void FirstProcess::told(const Release& release) {
  const std::string decision = release.condition.empty() ? "released to " + release.successor : "restart in place (" + release.condition + ")";
  say("leader-release: " + decision + ": " + release.reason);
  leader_.steer();
}

Result<void> FirstProcess::keep(const std::string& attempt) {
  RealFiles real_files;
  Files& files = real_files;
  return attempt.empty() ? files.remove(options_.attempt_file) : files.write(options_.attempt_file, attempt, 0600);
}

}  // namespace keelson::container
