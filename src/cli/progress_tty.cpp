#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/progress.h"

namespace keelson::cli {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(100);

/// Redraws the list in place, at most ten times a second, from a thread of its own, so that elapsed times run on while
/// nothing happens. Every redraw moves up over the lines it drew before and clears to the end of the screen.
class TtyProgress : public ApplyListener {
 public:
  explicit TtyProgress(Output& output) : output_(output), painter_([this] { paint(); }) {}
  ~TtyProgress() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    painter_.join();
    draw();  // the last state stays on the screen
  }
  TtyProgress(const TtyProgress&) = delete;
  TtyProgress& operator=(const TtyProgress&) = delete;

  void planned(const Plan& plan) override {
    std::vector<std::string> ids;
    for (const Step& step : plan.steps) ids.push_back(step.id);
    const std::lock_guard lock(mutex_);
    any_ = !ids.empty();
    list_.planned(ids);
  }
  void started(const Step& step) override {
    const std::lock_guard lock(mutex_);
    any_ = true;
    list_.started(step.id, now());
  }
  void waiting(const Step& step, const std::string& what_for) override {
    const std::lock_guard lock(mutex_);
    list_.waiting(step.id, what_for);
  }
  void finished(const Step& step, std::int64_t took_ms) override { end(step, ProgressList::State::done, took_ms, {}); }
  void failed(const Step& step, const Error& error, std::int64_t took_ms) override { end(step, ProgressList::State::failed, took_ms, error.what); }
  void skipped(const Step& step, const std::string& because_of) override { end(step, ProgressList::State::skipped, 0, because_of); }

 private:
  std::int64_t now() const { return clock_.monotonic_us() / 1000; }

  void end(const Step& step, ProgressList::State state, std::int64_t took_ms, const std::string& word) {
    const std::lock_guard lock(mutex_);
    list_.ended(step.id, state, took_ms, word);
  }

  void paint() {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kRedrawEvery, [this] { return ending_; })) {
      lock.unlock();
      draw();
      lock.lock();
    }
  }

  void draw() {
    winsize size{};
    const bool known = ::ioctl(output_.err(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 1;
    std::vector<std::string> lines;
    {
      const std::lock_guard lock(mutex_);
      if (!any_) return;
      lines = list_.lines(now(), known ? size.ws_col : 80, known ? size.ws_row - 1u : 23);
    }
    std::string text;
    if (drawn_ > 0) text = "\x1b[" + std::to_string(drawn_) + "A\r\x1b[J";
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n") + lines[i];
    drawn_ = lines.size();
    output_.note(text);
  }

  Output& output_;
  RealClock clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  ProgressList list_;
  std::size_t drawn_ = 0;  ///< lines on the screen; painter only, then the destructor
  bool any_ = false;
  bool ending_ = false;
  std::thread painter_;  ///< last: starts when the rest stands
};

}  // namespace

std::unique_ptr<ApplyListener> make_tty_progress(Output& output) { return std::make_unique<TtyProgress>(output); }

}  // namespace keelson::cli
