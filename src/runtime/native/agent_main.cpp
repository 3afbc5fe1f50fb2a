#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "runtime/native/agent.h"
#include "runtime/native/agent_launch.h"
#include "runtime/native/agent_process.h"
#include "runtime/native/wire.h"
#include "security/key_source.h"
#include "security/secret_store.h"
#include "state/schema.h"
#include "system/files.h"

namespace keelson::native {
namespace {

/// Tells whoever started us, once: ready, or why not. Without a pipe (systemd) nobody is told.
class ReadyPipe {
 public:
  ReadyPipe() {
    const char* number = std::getenv(kReadyVariable);
    if (!number) return;
    fd_ = OwnedFd(std::atoi(number));
    fcntl(fd_.get(), F_SETFD, FD_CLOEXEC);
    unsetenv(kReadyVariable);
  }
  void ready() { tell("ok"); }
  int failed(const Error& error, int status) {
    tell(error_json(error).dump());
    fmt::print(stderr, "keelson agent: {}\n", describe(error));
    return status;
  }

 private:
  void tell(const std::string& text) {
    if (fd_) [[maybe_unused]] const auto ignored = ::write(fd_.get(), text.data(), text.size());
    fd_.reset();
  }
  OwnedFd fd_;
};

/// The secret store, opened when first needed: it may be made after the agent. Probes ask on the loop, releases on workers.
SecretSource secrets_of(const AgentOptions& options, Files& files, Random& random, KeyFile& key) {
  auto store = std::make_shared<std::unique_ptr<SecretStore>>();
  auto opening = std::make_shared<std::mutex>();
  return [store, opening, path = options.state_dir + "/secrets.enc", &files, &random, &key](const std::string& name) -> Result<Secret> {
    const std::lock_guard lock(*opening);
    if (!*store) {
      KEELSON_TRY(*store, SecretStore::open(files, random, key, path));
    }
    return (*store)->get(name);
  };
}

Result<OwnedFd> take_lock(const std::string& state_dir) {
  const std::string path = state_dir + "/agent/lock";
  OwnedFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail("cannot open the agent's lock", path, std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return fail_as(ErrorCode::locked, "another agent of this foundation runs", path);
  return lock;
}

/// A socket on the loop for signals that end the agent, not its instances.
OwnedFd end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return OwnedFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

Result<void> make_directories(Files& files, const std::string& state_dir) {
  KEELSON_CHECK(files.make_directory(state_dir + "/agent", 0700));
  return files.make_directory(state_dir + "/log", 0700);
}

}  // namespace

int run_agent(const AgentOptions& options, Catalog catalog) {
  keep_stdio_open();
  ReadyPipe starter;
  prctl(PR_SET_NAME, "keelson-agent");
  umask(077);
  RealClock clock;
  RealFiles files;
  RealRandom random;
  if (auto made = make_directories(files, options.state_dir); !made) return starter.failed(made.error(), kCannotBegin);
  auto lock = take_lock(options.state_dir);
  if (!lock) return starter.failed(lock.error(), lock.error().code == ErrorCode::locked ? kLocked : kCannotBegin);
  auto database = state::open_state(options.state_dir, clock, state::Durability::normal);
  if (!database) return starter.failed(database.error(), kCannotBegin);
  auto listening = listen_unix(options.socket_path);
  if (!listening) return starter.failed(listening.error(), kCannotBegin);

  Loop loop(clock);
  const OwnedFd signals = end_signals();
  const Watch on_signal = loop.watch(signals.get(), EPOLLIN, [&loop](std::uint32_t) { loop.stop(); });
  KeyFile key(options.key_file, random);
  Agent agent(loop, options, catalog, **database, clock, random, secrets_of(options, files, random, key));
  if (auto begun = agent.begin(); !begun) return starter.failed(begun.error(), kCannotBegin);
  auto server = HttpServer::start(loop, std::move(*listening), [&agent](std::shared_ptr<Exchange> exchange) { agent.serve(std::move(exchange)); });
  if (!server) return starter.failed(server.error(), kCannotBegin);
  starter.ready();
  if (!agent.finished()) loop.run();
  ::unlink(options.socket_path.c_str());
  return kToldToEnd;
}

}  // namespace keelson::native
