#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "base/json.h"
#include "runtime/native/agent_client.h"
#include "runtime/native/agent_launch.h"
#include "runtime/native/agent_process.h"
#include "runtime/native/wire.h"
#include "system/failpoint.h"
#include "system/fd.h"
#include "system/monotonic.h"

namespace keelson::native {
namespace {

constexpr int kLaunchMs = 20'000;
constexpr int kLockedMs = 100;

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> command(const AgentOptions& options, const char* verb) {
  std::vector<std::string> words{options.program, verb};
  for (auto& word : agent_arguments(options)) words.push_back(std::move(word));
  return words;
}

void spare_from_oom_killer() {
  const OwnedFd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd) [[maybe_unused]] const auto ignored = ::write(fd.get(), "-900", 4);  // only root may
}

/// Leaves terminal, session, directory and every inherited descriptor but the ready pipe. Returns in the grandchild only.
void become_daemon(const std::string& log, int ready_fd) {
  if (::fork() != 0) _exit(0);
  setsid();
  if (::fork() != 0) _exit(0);
  if (::chdir("/") != 0) _exit(1);
  umask(077);
  const int null = ::open("/dev/null", O_RDWR);
  const int out = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0600);
  dup2(null, 0);
  dup2(out >= 0 ? out : null, 1);
  dup2(out >= 0 ? out : null, 2);
  if (ready_fd > 2) {
    close_range(3, static_cast<unsigned>(ready_fd) - 1, 0);
    close_range(static_cast<unsigned>(ready_fd) + 1, ~0U, 0);
  } else {
    close_range(3, ~0U, 0);
  }
}

/// Keeps one agent running. All it knows is the pid of the agent and when that began.
class Guardian {
 public:
  explicit Guardian(const AgentOptions& options) : words_(command(options, "agent")) {
    sigemptyset(&signals_);
    for (const int number : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&signals_, number);
    sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }

  int run() {
    start();
    for (;;) {
      siginfo_t info{};
      const int number = sigwaitinfo(&signals_, &info);
      if (number == SIGTERM || number == SIGINT) {
        told_to_end_ = true;
        if (agent_ > 0) ::kill(agent_, SIGTERM);
      }
      if (reap()) return 0;
    }
  }

 private:
  void start() {
    began_ms_ = monotonic_ms();
    agent_ = ::fork();
    if (agent_ != 0) return close_ready_pipe();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    setenv(kGuardianVariable, "1", 1);
    execv(words_[0].c_str(), pointers(words_).data());
    _exit(127);
  }

  /// The agent has it now; when the agent ends without a word, its reader must see the end.
  void close_ready_pipe() {
    if (const char* number = std::getenv(kReadyVariable)) ::close(std::atoi(number));
    unsetenv(kReadyVariable);
  }

  /// Collects what ended: the agent, and strays of instances whose agent died. True when the guardian's work is over.
  bool reap() {
    for (;;) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return false;
      if (pid == agent_ && agent_ended(status)) return true;
    }
  }

  bool agent_ended(int status) {
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    const bool first = starts_++ == 0;
    if (told_to_end_ || code == kToldToEnd || code == kLocked || (first && code == kCannotBegin)) return true;
    if (monotonic_ms() - began_ms_ > 60'000) pause_ms_ = 0;
    fmt::print(stderr, "keelson guardian: the agent ended (wait status {:#x}), starting another in {} ms\n", status, pause_ms_);
    const timespec pause{pause_ms_ / 1000, (pause_ms_ % 1000) * 1'000'000};
    sigset_t terminate;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    if (pause_ms_ > 0 && sigtimedwait(&terminate, nullptr, &pause) == SIGTERM) return true;
    pause_ms_ = std::clamp(pause_ms_ * 2, 100L, 5000L);
    start();
    return false;
  }

  std::vector<std::string> words_;
  sigset_t signals_;
  pid_t agent_ = -1;
  int starts_ = 0;
  bool told_to_end_ = false;
  std::int64_t began_ms_ = 0;
  long pause_ms_ = 0;
};

Result<void> wait_until_ready(int fd) {
  std::string text;
  const std::int64_t deadline = monotonic_ms() + kLaunchMs;
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    const auto left = static_cast<int>(std::max<std::int64_t>(deadline - monotonic_ms(), 0));
    const int polled = ::poll(&ready, 1, left);
    if (polled < 0 && errno == EINTR) continue;
    if (polled == 0) return fail_as(ErrorCode::not_running, "the agent did not become ready in time", {}, fmt::format("waited {} ms", kLaunchMs));
    std::array<char, 4096> buffer;
    const auto got = ::read(fd, buffer.data(), buffer.size());
    if (got > 0) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text == "ok") return {};
    if (got <= 0) break;
  }
  if (const auto json = parse_json(text)) return tl::unexpected(error_from_json(*json));
  return fail_as(ErrorCode::not_running, "the agent ended before it was ready", {}, {}, "read agent/agent.log in the state directory");
}

}  // namespace

void keep_stdio_open() {
  for (;;) {
    const int fd = ::open("/dev/null", O_RDWR);
    if (fd > 2 || fd < 0) {
      if (fd > 2) ::close(fd);
      return;
    }
  }
}

std::vector<std::string> agent_arguments(const AgentOptions& options) {
  return {"--program=" + options.program,       "--state-dir=" + options.state_dir,
          "--foundation=" + options.foundation, fmt::format("--id={}", options.foundation_id),
          "--socket=" + options.socket_path,    "--key-file=" + options.key_file};
}

Result<AgentOptions> parse_agent_arguments(const std::vector<std::string>& arguments) {
  AgentOptions options;
  for (const auto& argument : arguments) {
    const auto equals = argument.find('=');
    const std::string key = argument.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : argument.substr(equals + 1);
    if (key == "--program") options.program = value;
    else if (key == "--state-dir") options.state_dir = value;
    else if (key == "--foundation") options.foundation = value;
    else if (key == "--id") options.foundation_id = std::atoi(value.c_str());
    else if (key == "--socket") options.socket_path = value;
    else if (key == "--key-file") options.key_file = value;
    else return fail_as(ErrorCode::usage, "the agent does not know this argument", argument);
  }
  if (!options.program.starts_with('/') || !options.state_dir.starts_with('/') || !options.socket_path.starts_with('/'))
    return fail_as(ErrorCode::usage, "the agent needs absolute --program, --state-dir and --socket", {}, {}, "it is started by keelson up");
  return options;
}

int run_guardian(const AgentOptions& options) {
  keep_stdio_open();
  const char* ready = std::getenv(kReadyVariable);
  become_daemon(options.state_dir + "/agent/agent.log", ready ? std::atoi(ready) : -1);
  prctl(PR_SET_NAME, "keelson-guard");
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  spare_from_oom_killer();
  return Guardian(options).run();
}

namespace {

Result<void> launch(const AgentOptions& options) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail("cannot make a pipe", {}, std::strerror(errno));
  const OwnedFd read_end(ends[0]);
  OwnedFd low(ends[1]);
  OwnedFd write_end(fcntl(low.get(), F_DUPFD, 3));  // kept over exec, and never one of 0, 1, 2
  low.reset();

  const std::vector<std::string> words = command(options, "guardian");
  // Nothing of the caller's environment but places and a test's own wish: no secret of a shell stays with a process that lives for months.
  std::vector<std::string> environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", fmt::format("{}={}", kReadyVariable, write_end.get())};
  for (const char* const name : kPlaceVariables)
    if (const char* const place = std::getenv(name)) environment.push_back(fmt::format("{}={}", name, place));
  if (const char* const file = std::getenv(kFailpointVariable)) environment.push_back(fmt::format("{}={}", kFailpointVariable, file));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd) posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, options.program.c_str(), &actions, nullptr, pointers(words).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  write_end.reset();
  if (error != 0) return fail("cannot start the guardian", options.program, std::strerror(error));
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {}
  return wait_until_ready(read_end.get());
}

}  // namespace

/// The lock may be held by an agent that does not answer: the one a guardian just started after a death, or one that is ending.
/// The first will answer soon, the second will let go.
Result<void> launch_agent(const AgentOptions& options) {
  for (const std::int64_t until = monotonic_ms() + kLaunchMs;; ::poll(nullptr, 0, kLockedMs)) {
    if (AgentClient(options.socket_path).hello()) return {};
    auto launched = launch(options);
    if (launched || launched.error().code != ErrorCode::locked) return launched;
    if (monotonic_ms() < until) continue;
    launched.error().why = fmt::format("and it did not answer within {} s", kLaunchMs / 1000);
    return launched;
  }
}

}  // namespace keelson::native
