#include "supervision/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace keelson {
namespace {

constexpr std::array<std::string_view, 12> kStages{
    "make a new process", "make a session",         "enter the cgroup",       "set the limits",
    "enter the directory", "connect the output",    "drop the extra groups",  "set the group",
    "set the user",        "drop the capabilities", "forbid new privileges",  "run the program"};
static_assert(kStages.size() == static_cast<std::size_t>(SpawnStage::exec) + 1, "a stage without a text");

struct Failure {
  SpawnStage stage;
  int error;
};

/// Everything the child needs, prepared before the fork: the child allocates nothing.
struct Plan {
  const ProcessSpec& spec;
  const SpawnPlace& place;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string cgroup_procs, memory_procs;
  int report;
  bool in_cgroup = false;  ///< it was born there
};

void write_zero(const char* path, const char* word) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const auto ignored = ::write(fd, word, std::strlen(word));
  ::close(fd);
}

/// fork(2), but the child begins its life in the cgroup: to move a process there, the kernel waits for every processor (7 ms and more on
/// two busy cores); being born there costs nothing (clone(2), CLONE_INTO_CGROUP, Linux 5.7). -1: not possible here. Only into a fresh one:
/// a cgroup that was ever killed by cgroup.kill kills whoever is born in it later, too (seen on Linux 6.18).
///
/// The C library does not know of this child, so that it must not be asked for anything that concerns threads: see as_user().
pid_t fork_into(int cgroup) {
#ifdef __SANITIZE_THREAD__
  static_cast<void>(cgroup);  // ThreadSanitizer must see a fork
  return -1;
#else
  clone_args args{};
  args.flags = CLONE_INTO_CGROUP;
  args.exit_signal = SIGCHLD;
  args.cgroup = static_cast<std::uint64_t>(cgroup);
  return static_cast<pid_t>(syscall(SYS_clone3, &args, sizeof args));
#endif
}

/// By system calls alone: the C library's functions would have every thread of the process follow, and knows threads that only the
/// parent has (nptl(7)).
bool as_user(const ProcessSpec& spec, SpawnStage& stage) {
  const auto gid = static_cast<gid_t>(spec.gid);
  const auto uid = static_cast<uid_t>(spec.uid);
  stage = SpawnStage::groups;
  if (geteuid() == 0 && syscall(SYS_setgroups, 0, nullptr) != 0) return false;
  stage = SpawnStage::group;
  if (spec.gid >= 0 && syscall(SYS_setresgid, gid, gid, gid) != 0) return false;
  stage = SpawnStage::user;
  return spec.uid < 0 || syscall(SYS_setresuid, uid, uid, uid) == 0;
}

/// "0" in cgroup.procs means the writer itself.
bool enter_cgroup(const char* procs) {
  const int fd = ::open(procs, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool entered = ::write(fd, "0", 1) == 1;
  const int error = errno;
  ::close(fd);
  errno = error;
  return entered;
}

bool set_limits(std::int64_t open_files) {
  const rlimit core{0, 0};
  if (setrlimit(RLIMIT_CORE, &core) != 0) return false;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const auto wanted = static_cast<rlim_t>(open_files);
  const rlimit raised{wanted, wanted > files.rlim_max ? wanted : files.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return true;
  const rlimit possible{wanted < files.rlim_max ? wanted : files.rlim_max, files.rlim_max};  // an ordinary user: what the machine allows
  return setrlimit(RLIMIT_NOFILE, &possible) == 0;
}

bool connect_output(int output) {
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return false;
  const int out = output >= 0 ? output : null;
  return dup2(null, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2;
}

/// Empties every capability set. The bounding set can only be cut by a privileged process, and must be cut before setuid.
bool drop_bounding() {
  if (geteuid() != 0) return true;
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) return false;
  return true;
}

bool drop_capabilities() {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> none{};
  return syscall(SYS_capset, &header, none.data()) == 0;
}

void reset_signals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < 65; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// The child's way from fork to exec. Returns the stage that failed, errno set; never returns on success.
SpawnStage become(const Plan& plan) {
  const ProcessSpec& spec = plan.spec;
  reset_signals();
  if (setsid() < 0) return SpawnStage::session;
  if (!plan.in_cgroup && !plan.cgroup_procs.empty() && !enter_cgroup(plan.cgroup_procs.c_str())) return SpawnStage::cgroup;
  if (!plan.memory_procs.empty()) enter_cgroup(plan.memory_procs.c_str());
  write_zero("/proc/self/oom_score_adj", "200");
  umask(077);
  if (!connect_output(plan.place.output)) return SpawnStage::output;
  // Not before: the descriptors of an agent with many instances may already be beyond this one's limit until exec closes them.
  if (!set_limits(spec.open_files)) return SpawnStage::limits;
  if (!drop_bounding()) return SpawnStage::capabilities;
  if (SpawnStage stage{}; !as_user(spec, stage)) return stage;
  if (!drop_capabilities()) return SpawnStage::capabilities;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return SpawnStage::privileges;
  // As the instance's own user: a directory it may not enter is its failure, not a gift of ours.
  if (::chdir(spec.directory.c_str()) != 0) return SpawnStage::directory;
  execve(plan.argv[0], plan.argv.data(), plan.environment.data());
  return SpawnStage::exec;
}

[[noreturn]] void child_main(const Plan& plan) {
  // Everything but the report pipe is closed by exec: mark, do not close, so that the pipe stays until then.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  const SpawnStage stage = become(plan);
  const Failure failure{stage, errno};
  [[maybe_unused]] const auto ignored = ::write(plan.report, &failure, sizeof failure);
  _exit(127);
}

/// The report pipe and the output must not be one of 0, 1, 2, which the child overwrites.
Result<void> raise_above_stdio(OwnedFd& fd) {
  if (fd.get() > 2) return {};
  OwnedFd raised(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3));
  if (!raised) return fail("cannot duplicate a descriptor", {}, std::strerror(errno));
  fd = std::move(raised);
  return {};
}

unexpected<Error> spawn_error(const ProcessSpec& spec, Failure failure) {
  const std::string where = failure.stage == SpawnStage::directory ? spec.directory : spec.command[0];
  return fail(fmt::format("{}: cannot {}", spec.name, text(failure.stage)), where, std::strerror(failure.error));
}

}  // namespace

std::string_view text(SpawnStage stage) { return kStages[static_cast<std::size_t>(stage)]; }

Result<Spawned> spawn(const ProcessSpec& spec, const SpawnPlace& place) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return spawn_error(spec, {SpawnStage::fork, errno});
  OwnedFd read_end(ends[0]), write_end(ends[1]);
  KEELSON_CHECK(raise_above_stdio(write_end));

  std::vector<std::string> pairs;
  for (const auto& [key, value] : spec.environment) pairs.push_back(key + "=" + value);
  Plan plan{spec, place, {}, {}, {}, {}, write_end.get()};
  for (const auto& word : spec.command) plan.argv.push_back(const_cast<char*>(word.c_str()));
  for (const auto& pair : pairs) plan.environment.push_back(const_cast<char*>(pair.c_str()));
  plan.argv.push_back(nullptr);
  plan.environment.push_back(nullptr);
  if (!place.cgroup.empty()) plan.cgroup_procs = place.cgroup + "/cgroup.procs";
  if (!place.memory_cgroup.empty()) plan.memory_procs = place.memory_cgroup + "/cgroup.procs";

  const OwnedFd group(!place.fresh_cgroup ? -1 : ::open(place.cgroup.c_str(), O_DIRECTORY | O_RDONLY | O_CLOEXEC));
  plan.in_cgroup = true;
  pid_t pid = group ? fork_into(group.get()) : -1;
  if (pid < 0) {
    plan.in_cgroup = false;
    pid = ::fork();
  }
  if (pid < 0) return spawn_error(spec, {SpawnStage::fork, errno});
  if (pid == 0) child_main(plan);
  write_end.reset();
  Failure failure{};
  ssize_t got = 0;
  do got = ::read(read_end.get(), &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got == sizeof failure) {
    waitpid(pid, nullptr, 0);
    return spawn_error(spec, failure);
  }
  KEELSON_TRY(OwnedFd pidfd, open_pidfd(pid));  // our unreaped child: the pid cannot be another's
  return Spawned{{pid, process_start_time(pid).value_or(0)}, std::move(pidfd)};
}

}  // namespace keelson
