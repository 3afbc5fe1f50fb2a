#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/table.h"
#include "system/monotonic.h"

namespace keelson::cli {
namespace {

/// One line per event, for logs and pipes: `[  1.2s] start redis-1: waiting for ...`.
class PlainProgress : public ApplyListener {
 public:
  explicit PlainProgress(Output& output) : output_(output) {}
  void started(const Step& step) override { say(step.id + ": " + step.reason); }
  void waiting(const Step& step, const std::string& what_for) override {
    std::string& last = last_[step.id];
    if (last == what_for) return;
    last = what_for;
    say(step.id + ": waiting for " + what_for);
  }
  void finished(const Step& step, std::int64_t took_ms) override { say(fmt::format("{}: done in {:.1f}s", step.id, static_cast<double>(took_ms) / 1000)); }
  void failed(const Step& step, const Error& error, std::int64_t) override { say(step.id + ": FAILED: " + error.what); }
  void skipped(const Step& step, const std::string& because_of) override { say(step.id + ": not tried, because " + because_of + " failed"); }

 private:
  void say(const std::string& text) { output_.note(stamp(monotonic_ms() - began_) + " " + printable(text)); }
  Output& output_;
  std::int64_t began_ = monotonic_ms();
  std::map<std::string, std::string> last_;
};

/// One JSON object a line: {at_ms, step, state, word}.
class JsonProgress : public ApplyListener {
 public:
  explicit JsonProgress(Output& output) : output_(output) {}
  void planned(const Plan& plan) override { say("", "planned", std::to_string(plan.steps.size())); }
  void started(const Step& step) override { say(step.id, "started", step.reason); }
  void waiting(const Step& step, const std::string& what_for) override { say(step.id, "waiting", what_for); }
  void finished(const Step& step, std::int64_t took_ms) override { say(step.id, "done", std::to_string(took_ms)); }
  void failed(const Step& step, const Error& error, std::int64_t) override { say(step.id, "failed", describe(error)); }
  void skipped(const Step& step, const std::string& because_of) override { say(step.id, "skipped", because_of); }

 private:
  void say(const std::string& step, const char* state, const std::string& word) {
    output_.note(Json::object().set("schema", "keelson.progress/v1").set("elapsed_ms", monotonic_ms() - began_).set("step", step).set("state", state).set("word", word).dump());
  }
  Output& output_;
  std::int64_t began_ = monotonic_ms();
};

class QuietProgress : public ApplyListener {};

}  // namespace

std::unique_ptr<ApplyListener> make_tty_progress(Output& output);  // progress_tty.cpp

std::string stamp(std::int64_t elapsed_ms) { return fmt::format("[{:5.1f}s]", static_cast<double>(elapsed_ms) / 1000); }

void ProgressList::planned(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) rows_.try_emplace(id);
}

void ProgressList::started(const std::string& id, std::int64_t now) {
  Row& row = rows_[id];
  row.state = State::running;
  row.started_ms = now;
  row.order = next_order_++;
}

void ProgressList::waiting(const std::string& id, const std::string& what_for) { rows_[id].word = what_for; }

void ProgressList::ended(const std::string& id, State state, std::int64_t took_ms, const std::string& word) {
  Row& row = rows_[id];
  row.state = state;
  row.took_ms = took_ms;
  row.word = word;
  row.order = next_order_++;
}

std::vector<std::string> ProgressList::lines(std::int64_t now, std::size_t width, std::size_t rows) const {
  std::vector<std::pair<std::uint64_t, std::string>> running;
  std::vector<std::pair<std::uint64_t, std::string>> ended;
  std::array<std::size_t, 5> count{};
  for (const auto& [id, row] : rows_) {
    ++count[static_cast<std::size_t>(row.state)];
    const auto seconds = [](std::int64_t ms) { return fmt::format("{:6.1f}s", static_cast<double>(ms) / 1000); };
    switch (row.state) {
      case State::pending: break;
      case State::running: running.emplace_back(row.order, "  …" + seconds(now - row.started_ms) + "  " + id + (row.word.empty() ? "" : ": " + row.word)); break;
      case State::done: ended.emplace_back(row.order, "  ✓" + seconds(row.took_ms) + "  " + id); break;
      case State::failed: ended.emplace_back(row.order, "  ✗" + seconds(row.took_ms) + "  " + id + ": " + row.word); break;
      case State::skipped: ended.emplace_back(row.order, "  -" + std::string(7, ' ') + "  " + id + ": not tried, because " + row.word + " failed"); break;
    }
  }
  std::sort(running.begin(), running.end());
  std::sort(ended.begin(), ended.end());

  std::vector<std::string> out;
  const std::size_t room = rows > 1 ? rows - 1 : 1;
  const std::size_t shown_running = std::min(running.size(), room);
  const std::size_t shown_ended = std::min(ended.size(), room - shown_running);
  for (std::size_t i = ended.size() - shown_ended; i < ended.size(); ++i) out.push_back(ended[i].second);
  for (std::size_t i = 0; i < shown_running; ++i) out.push_back(running[i].second);
  std::string counts = fmt::format("{} of {} steps done", count[static_cast<std::size_t>(State::done)], rows_.size());
  if (!running.empty()) counts += fmt::format(", {} running", running.size());
  if (count[static_cast<std::size_t>(State::failed)] > 0) counts += fmt::format(", {} failed", count[static_cast<std::size_t>(State::failed)]);
  if (count[static_cast<std::size_t>(State::skipped)] > 0) counts += fmt::format(", {} not tried", count[static_cast<std::size_t>(State::skipped)]);
  out.push_back(counts);
  for (std::string& line : out) line = cut_to(printable(line), width);
  return out;
}

std::unique_ptr<ApplyListener> make_listener(ProgressStyle style, Output& output) {
  switch (style) {
    case ProgressStyle::automatic: return make_listener(output.err_is_terminal() ? ProgressStyle::tty : ProgressStyle::plain, output);
    case ProgressStyle::tty: return make_tty_progress(output);
    case ProgressStyle::plain: return std::make_unique<PlainProgress>(output);
    case ProgressStyle::json: return std::make_unique<JsonProgress>(output);
    case ProgressStyle::quiet: return std::make_unique<QuietProgress>();
  }
  return std::make_unique<QuietProgress>();
}

Progress make_progress(ProgressStyle style, Output& output) {
  if (style == ProgressStyle::quiet) return [](const std::string&) {};
  auto last = std::make_shared<std::string>();
  return [&output, style, last, began = monotonic_ms()](const std::string& what) {
    if (what == *last) return;
    *last = what;
    const std::int64_t elapsed = monotonic_ms() - began;
    if (style == ProgressStyle::json)
      output.note(Json::object().set("schema", "keelson.progress/v1").set("elapsed_ms", elapsed).set("step", "").set("state", "waiting").set("word", what).dump());
    else
      output.note(stamp(elapsed) + " " + printable(what));
  };
}

}  // namespace keelson::cli
