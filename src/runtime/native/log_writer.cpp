#include "runtime/native/log_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "runtime/native/log_file.h"
#include "system/files.h"

namespace keelson::native {
namespace {

constexpr std::string_view kFifo = ".fifo";

/// One FIFO and the file it goes to.
struct Drain {
  OwnedFd fifo;
  LogFile file;
  Timer settle;
  Watch watch;  // last: dropped before the descriptor closes
};

class LogWriter {
 public:
  LogWriter(Loop& loop, std::string dir) : loop_(loop), dir_(std::move(dir)), buffer_(256 << 10) {}

  bool begin() {
    sigset_t terminate;
    sigemptyset(&terminate);
    sigaddset(&terminate, SIGTERM);
    sigprocmask(SIG_BLOCK, &terminate, nullptr);
    signals_ = OwnedFd(signalfd(-1, &terminate, SFD_CLOEXEC | SFD_NONBLOCK));
    on_signal_ = loop_.watch(signals_.get(), EPOLLIN, [this](std::uint32_t) { end(); });
    inotify_ = OwnedFd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (inotify_add_watch(inotify_.get(), dir_.c_str(), IN_CREATE | IN_DELETE | IN_ONLYDIR) < 0) return false;
    on_change_ = loop_.watch(inotify_.get(), EPOLLIN, [this](std::uint32_t) { read_changes(); });
    scan();
    return true;
  }

 private:
  void scan() {
    RealFiles files;
    const auto names = files.list(dir_);
    if (!names) return;
    for (const auto& name : *names) add(name);
  }

  void add(std::string_view name) {
    if (!name.ends_with(kFifo)) return;
    const std::string instance(name.substr(0, name.size() - kFifo.size()));
    if (drains_.count(instance)) return;
    // For reading and writing, so that it never reports an end while no instance has it open.
    OwnedFd fifo(::open(fmt::format("{}/{}", dir_, name).c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    struct stat info {};
    if (!fifo || ::fstat(fifo.get(), &info) != 0 || !S_ISFIFO(info.st_mode)) return;
    fcntl(fifo.get(), F_SETPIPE_SZ, kPipeSize);
    const int fd = fifo.get();
    auto drain = std::make_unique<Drain>(Drain{std::move(fifo), LogFile(fmt::format("{}/{}.log", dir_, instance), kRotateAt, {kBytesPerSecond, kBurst}), {}, {}});
    drain->watch = loop_.watch(fd, EPOLLIN, [this, drain = drain.get()](std::uint32_t) { read_once(*drain); });
    drains_.emplace(instance, std::move(drain));
  }

  /// One buffer per turn, so that a flooding instance does not starve the others.
  bool read_once(Drain& drain) {
    const auto got = ::read(drain.fifo.get(), buffer_.data(), buffer_.size());
    if (got <= 0) return false;
    drain.file.add({buffer_.data(), static_cast<std::size_t>(got)}, loop_.now_us());
    if (drain.file.owes_notice() && !drain.settle) {
      drain.settle = loop_.after_ms(1000, [this, &drain] {
        drain.settle.reset();
        drain.file.settle(loop_.now_us());
      });
    }
    return true;
  }

  void drain_rest(Drain& drain) {
    for (int turn = 0; turn < 64 && read_once(drain); ++turn) {}
  }

  void read_changes() {
    alignas(inotify_event) std::array<char, 8192> events;
    for (;;) {
      const auto got = ::read(inotify_.get(), events.data(), events.size());
      if (got <= 0) return;
      for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
        const auto* event = reinterpret_cast<const inotify_event*>(events.data() + at);
        at += sizeof(inotify_event) + event->len;
        if (event->mask & IN_Q_OVERFLOW) scan();
        else if (event->mask & IN_CREATE) add(event->name);
        else if (event->mask & IN_DELETE) forget(event->name);
      }
    }
  }

  void forget(std::string_view name) {
    if (!name.ends_with(kFifo)) return;
    const auto found = drains_.find(std::string(name.substr(0, name.size() - kFifo.size())));
    if (found == drains_.end()) return;
    drain_rest(*found->second);
    drains_.erase(found);
    add(name);  // removed and made again before we looked
  }

  void end() {
    for (auto& [name, drain] : drains_) drain_rest(*drain);
    drains_.clear();
    loop_.stop();
  }

  Loop& loop_;
  std::string dir_;
  std::vector<char> buffer_;
  OwnedFd signals_, inotify_;
  Watch on_signal_, on_change_;
  std::map<std::string, std::unique_ptr<Drain>, std::less<>> drains_;
};

}  // namespace

Result<OwnedFd> open_log_fifo(const std::string& dir, const std::string& instance, int uid) {
  const std::string path = fmt::format("{}/{}{}", dir, instance, kFifo);
  if (::mkfifo(path.c_str(), 0600) != 0 && errno != EEXIST) return fail("cannot make the log pipe", path, std::strerror(errno));
  OwnedFd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail("cannot open the log pipe", path, std::strerror(errno));
  if (!S_ISFIFO(info.st_mode)) return fail("something else is where the log pipe should be", path, {}, "move it away");
  // Group root may use it too: the log writer is root without capabilities. Mode first, or the writer could come in between.
  if (uid >= 0 && geteuid() == 0 && (::fchmod(fd.get(), 0660) != 0 || ::fchown(fd.get(), static_cast<uid_t>(uid), 0) != 0))
    return fail("cannot hand over the log pipe", path, std::strerror(errno));
  fcntl(fd.get(), F_SETPIPE_SZ, kPipeSize);  // refused only beyond a user's quota: then 64 KiB must do
  fcntl(fd.get(), F_SETFL, 0);               // engines do not expect EAGAIN from stdout
  return fd;
}

void remove_log_fifo(const std::string& dir, const std::string& instance) {
  ::unlink(fmt::format("{}/{}{}", dir, instance, kFifo).c_str());
}

int run_log_writer(const std::string& dir) {
  prctl(PR_SET_NAME, "keelson-log");
  const OwnedFd lock(::open((dir + "/.writer.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return 1;
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return 0;
  const RealClock clock;
  Loop loop(clock);
  LogWriter writer(loop, dir);
  if (!writer.begin()) return 1;
  loop.run();
  return 0;
}

}  // namespace keelson::native
