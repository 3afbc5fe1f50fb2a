#include "apply/apply.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>

namespace keelson {
namespace {

/// A runtime whose steps end at once; those named in `broken` fail. Records the order in which steps ran.
class ScriptedRuntime : public Runtime {
 public:
  explicit ScriptedRuntime(std::set<std::string> broken) : broken_(std::move(broken)) {}
  std::string_view name() const override { return "scripted"; }
  const Layout& layout() const override { std::abort(); }
  World& world() override { std::abort(); }
  Errors preflight(const Foundation&) override { return {}; }
  Result<Observed> observe(const Foundation&) override { return Observed{}; }
  Result<ObservedNetwork> network(const Foundation&) override { return ObservedNetwork{}; }
  Result<void> execute(const Foundation&, const Step& step, const Progress&) override {
    const std::lock_guard guard(mutex_);
    ran.push_back(step.id);
    if (broken_.contains(step.id)) return fail("broken on purpose", step.id);
    return {};
  }
  Result<std::vector<InstanceStatus>> status() override { return std::vector<InstanceStatus>{}; }
  Result<void> down(const Foundation*, const Progress&) override { return {}; }
  std::vector<std::string> ran;

 private:
  std::mutex mutex_;
  std::set<std::string> broken_;
};

class Listener : public ApplyListener {
 public:
  void finished(const Step& step, std::int64_t) override { done.push_back(step.id); }
  void failed(const Step& step, const Error&, std::int64_t) override { failed_ids.push_back(step.id); }
  void skipped(const Step& step, const std::string& because_of) override { skips.push_back(step.id + " because of " + because_of); }
  std::vector<std::string> done, failed_ids, skips;
};

Plan diamond() {
  Plan plan;
  plan.steps = {{"a"}, {"b"}, {"c"}, {"d"}, {"e"}};
  plan.steps[1].after = {"a"};
  plan.steps[2].after = {"a"};
  plan.steps[3].after = {"b", "c"};
  return plan;
}

std::size_t position(const std::vector<std::string>& list, const std::string& id) {
  return static_cast<std::size_t>(std::find(list.begin(), list.end(), id) - list.begin());
}

TEST(Apply, RunsEachStepOnceAndNeverBeforeWhatItComesAfter) {
  for (int parallel : {1, 2, 16}) {
    ScriptedRuntime runtime({});
    Listener listener;
    const ApplyReport report = apply(runtime, Foundation{}, diamond(), listener, RealClock{}, parallel);
    EXPECT_EQ(report.done, 5);
    EXPECT_TRUE(report.failures.empty());
    EXPECT_EQ(runtime.ran.size(), 5u);
    EXPECT_LT(position(runtime.ran, "a"), position(runtime.ran, "b"));
    EXPECT_LT(position(runtime.ran, "c"), position(runtime.ran, "d"));
  }
}

TEST(Apply, SkipsOnlyWhatComesAfterAFailedStep) {
  ScriptedRuntime runtime({"b"});
  Listener listener;
  const ApplyReport report = apply(runtime, Foundation{}, diamond(), listener, RealClock{}, 4);
  EXPECT_EQ(report.done, 3);
  EXPECT_EQ(report.failures.size(), 1u);
  EXPECT_EQ(listener.skips, (std::vector<std::string>{"d because of b"}));
}

TEST(Apply, OfAnEmptyPlanDoesNothing) {
  ScriptedRuntime runtime({});
  Listener listener;
  EXPECT_EQ(apply(runtime, Foundation{}, Plan{}, listener, RealClock{}).done, 0);
}

}  // namespace
}  // namespace keelson
