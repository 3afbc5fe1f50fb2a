#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>

#include "cli/replace_process.h"
#include "cli/verbs.h"
#include "client/probe_once.h"
#include "components/catalog.h"
#include "operate/engine.h"
#include "runtime/container/first_process.h"
#include "runtime/container/process_table.h"
#include "system/clock.h"
#include "system/files.h"
#include "system/monotonic.h"

/// What keelson does inside a container: it is the first process of some, and the health check of all.
namespace keelson::cli {
namespace {

constexpr int kProbeMs = 2'000;
constexpr int kLaunchMs = 60'000;
constexpr int kLaunchAgainMs = 250;

/// Files an engine writes itself begin as what is given; afterwards they are its own.
Result<void> put_seeds(const Place& place) {
  RealFiles real_files;
  Files& files = real_files;
  const std::string given = place.home + "/given";
  KEELSON_TRY(const auto there, files.info(given));
  if (!there) return {};
  KEELSON_TRY(const std::vector<std::string> names, files.list(given));
  for (const std::string& name : names) {
    if (name.starts_with("..")) continue;  // by these Kubernetes replaces all files of a volume at once
    KEELSON_TRY(const auto standing, files.info(place.config + "/" + name));
    if (standing) continue;
    KEELSON_TRY(const std::string content, files.read(given + "/" + name));
    KEELSON_CHECK(files.write(place.config + "/" + name, content, 0600));
  }
  return {};
}

/// What is waited for here (Sentinels that are still starting) would cost a restart by the container's runtime each time, and those wait ever longer.
Result<void> launch_in_time(const Kind& kind, const Place& place, std::vector<std::string>& command) {
  const std::int64_t until = monotonic_ms() + kLaunchMs;
  for (;;) {
    std::vector<std::string> changed = command;
    const auto done = kind.verbs.launch(place, changed);
    if (done) command = std::move(changed);
    if (done || monotonic_ms() >= until) return done;
    ::poll(nullptr, 0, kLaunchAgainMs);
  }
}

Result<void> become_engine(MemberOptions options) {
  if (options.command.empty()) return fail_as(ErrorCode::usage, "member needs a program after `--`");
  const std::string& home = options.home;
  const Place place{home, home + "/config", home + "/tls", home + "/data", home + "/run"};
  KEELSON_CHECK(put_seeds(place));
  if (!options.launch.empty()) {
    const Kind* kind = find_kind(catalog(), options.launch);
    if (kind == nullptr || kind->verbs.launch == nullptr) return fail_as(ErrorCode::usage, "kind '" + options.launch + "' has nothing to do before a start");
    KEELSON_CHECK(launch_in_time(*kind, place, options.command));
  }
  return unexpected(replace_process(options.command, environment_with({})));
}

/// This program with what makes the child an engine, and nothing of what makes us the first process.
std::vector<std::string> child_of(const MemberOptions& options) {
  std::array<char, PATH_MAX> program;
  const ssize_t length = ::readlink("/proc/self/exe", program.data(), program.size());
  std::vector<std::string> out{std::string(program.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))), "member"};
  if (!options.launch.empty()) out.insert(out.end(), {"--launch", options.launch});
  out.insert(out.end(), {"--home", options.home, "--"});
  out.insert(out.end(), options.command.begin(), options.command.end());
  return out;
}

/// Ends with the engine. Not a return: a release that is under way on a worker would be waited for.
[[noreturn]] void be_first(const MemberOptions& options, MemberFacts facts) {
  container::FirstProcess::block_signals();
  RealClock clock;
  Loop loop(clock);
  const operate::Engine* engine = operate::find_engine(facts.leadership.kind);
  container::FirstProcess first(loop,
                                {.facts = std::move(facts),
                                 .command = child_of(options),
                                 .environment = environment_with({}),
                                 .attempt_file = options.home + "/data/keelson.attempt",
                                 .hand_over = engine == nullptr ? nullptr : engine->step_down},
                                catalog());
  ::_exit(first.run());
}

Result<void> supervise(const MemberOptions& options, Output& output) {
  if (const std::string why = container::why_not_first(::getpid(), "/proc"); !why.empty()) {
    output.note("keelson: shared-pid-namespace: " + why + "; a leader that dies here is replaced on the engine's own timers");
    return {};
  }
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_TRY(const std::string text, files.read(options.facts, 1 << 20));
  KEELSON_TRY(MemberFacts facts, member_facts_from(text));
  be_first(options, std::move(facts));
}

}  // namespace

int run(const MemberOptions& options, Output& output) {
  if (!options.facts.empty())
    if (auto supervised = supervise(options, output); !supervised) return output.error(supervised.error());
  return output.error(become_engine(options).error());
}

int run(const ProbeOptions& options, Output& output) {
  const auto answer = clients::ask_once(options.ask, Deadline::in_ms(kProbeMs));
  return answer ? 0 : output.error(answer.error());
}

}  // namespace keelson::cli
