#include "system/commands.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "system/fd.h"
#include "system/monotonic.h"

namespace keelson {
namespace {

/// Where a child that could not start got stuck; sent up the error pipe together with errno.
enum class Stage : int { group, input, directory, identity, exec };
constexpr std::array kStageWords = {"make a process group for", "connect the streams of", "enter the directory of",
                                    "change to the user of", "execute"};
static_assert(kStageWords.size() == static_cast<std::size_t>(Stage::exec) + 1);

struct Failure {
  Stage stage;
  int error;
};

/// Everything the child needs, made before fork: after it, only async-signal-safe calls are allowed (other threads
/// may hold the allocator's lock).
struct Launch {
  std::string program;
  std::vector<char*> argv;
  std::vector<std::string> environment_text;
  std::vector<char*> environment;
  OwnedFd input, out_read, out_write, err_read, err_write, failure_read, failure_write;
};

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  for (const char* directory : {"/usr/sbin", "/usr/bin", "/sbin", "/bin"}) {
    const std::string path = fmt::format("{}/{}", directory, name);
    struct stat s {};
    if (::stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode) && (s.st_mode & 0111) != 0) return path;
  }
  return {};
}

bool make_pipe(OwnedFd& read_end, OwnedFd& write_end) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return false;
  read_end = OwnedFd(fds[0]);
  write_end = OwnedFd(fds[1]);
  return true;
}

/// Input as a file in memory: no pipe to keep fed, no SIGPIPE when the program does not read it.
OwnedFd input_file(std::string_view text) {
  if (text.empty()) return OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  OwnedFd fd(::memfd_create("keelson-input", MFD_CLOEXEC));
  while (fd && !text.empty()) {
    const ssize_t n = ::write(fd.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return OwnedFd();
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (fd) ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

Result<Launch> prepare(const std::vector<std::string>& argv, const CommandOptions& options) {
  Launch l;
  l.program = find_program(argv[0]);
  if (l.program.empty()) {
    return fail("program not found", argv[0], "it is not in /usr/sbin:/usr/bin:/sbin:/bin",
                "install the package that contains it");
  }
  for (const std::string& word : argv) l.argv.push_back(const_cast<char*>(word.c_str()));
  l.argv.push_back(nullptr);
  for (const auto& [name, value] : options.environment) l.environment_text.push_back(name + "=" + value);
  if (l.environment_text.empty()) l.environment_text = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"};
  for (std::string& text : l.environment_text) l.environment.push_back(text.data());
  l.environment.push_back(nullptr);
  l.input = input_file(options.input);
  if (!l.input || !make_pipe(l.out_read, l.out_write) || !make_pipe(l.err_read, l.err_write) ||
      !make_pipe(l.failure_read, l.failure_write)) {
    return fail("cannot start a program", argv[0], std::strerror(errno));
  }
  return l;
}

[[noreturn]] void give_up(int pipe, Stage stage) {
  const Failure failure{stage, errno};
  [[maybe_unused]] const auto n = ::write(pipe, &failure, sizeof failure);
  ::_exit(127);
}

[[noreturn]] void child(const Launch& l, const CommandOptions& options) {
  const int failure = l.failure_write.get();
  if (::setpgid(0, 0) != 0) give_up(failure, Stage::group);
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);  // an ignored SIGPIPE would be inherited
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(l.input.get(), 0) < 0 || ::dup2(l.out_write.get(), 1) < 0 || ::dup2(l.err_write.get(), 2) < 0) {
    give_up(failure, Stage::input);
  }
  // What a careless library left open is not the program's; without close_range (before Linux 5.11) ours all are CLOEXEC.
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  if (options.gid != -1 && (::setgroups(0, nullptr) != 0 || ::setgid(static_cast<gid_t>(options.gid)) != 0)) {
    give_up(failure, Stage::identity);
  }
  if (options.uid != -1 && ((options.gid == -1 && ::setgroups(0, nullptr) != 0) ||
                            ::setuid(static_cast<uid_t>(options.uid)) != 0)) {
    give_up(failure, Stage::identity);
  }
  ::umask(022);  // what it leaves behind does not depend on who called keelson
  if (::chdir(options.directory.c_str()) != 0) give_up(failure, Stage::directory);
  ::execve(l.program.c_str(), l.argv.data(), l.environment.data());
  give_up(failure, Stage::exec);
}

/// The text of one stream, cut into lines for `on_line` as they come.
struct Stream {
  OwnedFd fd;
  std::string text = {};
  std::size_t told = 0;

  /// Reads what is there now. False at the end of the stream.
  bool drain(const CommandOptions& options) {
    char buffer[65536];
    for (;;) {
      const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno == EAGAIN;
      if (n == 0) return false;
      text.append(buffer, static_cast<std::size_t>(n));
      tell(options);
      if (text.size() > options.output_limit) return true;
    }
  }
  void tell(const CommandOptions& options) {
    for (auto end = text.find('\n', told); end != std::string::npos; end = text.find('\n', told)) {
      if (options.on_line) options.on_line(text.substr(told, end - told));
      told = end + 1;
    }
  }
  void tell_rest(const CommandOptions& options) {
    if (options.on_line && told < text.size()) options.on_line(text.substr(told));
    told = text.size();
  }
};

/// A started child. When it dies unreaped (an early return), its whole group is killed first.
class Running {
 public:
  Running(pid_t pid, std::string name) : pid_(pid), name_(std::move(name)) {
    pidfd_ = OwnedFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (!reaped_) { ::kill(-pid_, SIGKILL); reap(); }
  }

  Result<CommandOutput> follow(Stream out, Stream err, const CommandOptions& options) {
    if (!pidfd_) return fail("cannot watch a program", name_, std::strerror(errno), "Linux 5.3 or newer is needed");
    const std::int64_t deadline = monotonic_ms() + options.timeout_ms;
    for (bool ended = false; !ended;) {
      // A negative descriptor is ignored by poll: a stream that ended is not asked again.
      pollfd fds[3] = {{out.fd.get(), POLLIN, 0}, {err.fd.get(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}};
      const std::int64_t left = deadline - monotonic_ms();
      if (left <= 0) {
        return fail(fmt::format("did not end within {} s", options.timeout_ms / 1000.0), name_, "it was stopped");
      }
      if (::poll(fds, 3, static_cast<int>(left)) < 0 && errno != EINTR) {
        return fail("cannot watch a program", name_, std::strerror(errno));
      }
      ended = (fds[2].revents & POLLIN) != 0;
      // After the end only what is already in the pipes counts: a daemon it left behind may hold them open for ever.
      if (out.fd && !out.drain(options)) out.fd.reset();
      if (err.fd && !err.drain(options)) err.fd.reset();
      if (out.text.size() > options.output_limit || err.text.size() > options.output_limit) {
        return fail(fmt::format("printed more than {} bytes", options.output_limit), name_, "it was stopped");
      }
    }
    out.tell_rest(options);
    err.tell_rest(options);
    return CommandOutput{reap(), std::move(out.text), std::move(err.text)};
  }

 private:
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
    reaped_ = true;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  pid_t pid_;
  std::string name_;
  OwnedFd pidfd_;
  bool reaped_ = false;
};

}  // namespace

Result<CommandOutput> RealCommands::run(const std::vector<std::string>& argv, const CommandOptions& options) {
  if (argv.empty()) return fail("no program to run");
  KEELSON_TRY(Launch l, prepare(argv, options));
  const pid_t pid = ::fork();
  if (pid < 0) return fail("cannot start a program", argv[0], std::strerror(errno));
  if (pid == 0) child(l, options);
  ::setpgid(pid, pid);  // in both, so that a kill of the group cannot come too early
  Running running(pid, argv[0]);
  l.out_write.reset();
  l.err_write.reset();
  l.failure_write.reset();
  Failure failure{};
  ssize_t n = 0;
  while ((n = ::read(l.failure_read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {}
  if (n == sizeof failure) {
    const char* stage = kStageWords[static_cast<std::size_t>(failure.stage)];
    return fail(fmt::format("cannot {} the program", stage), argv[0], std::strerror(failure.error));
  }
  ::fcntl(l.out_read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(l.err_read.get(), F_SETFL, O_NONBLOCK);
  return running.follow(Stream{std::move(l.out_read)}, Stream{std::move(l.err_read)}, options);
}

}  // namespace keelson
