#include "async/loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "async/pidfd.h"
#include "async/worker_pool.h"

namespace keelson {
namespace {

struct FakeClock : Clock {
  std::int64_t now_us = 1'000'000;
  std::int64_t wall_ms() const override { return now_us / 1000; }
  std::int64_t monotonic_us() const override { return now_us; }
};

struct LoopTest : testing::Test {
  FakeClock clock;
  Loop loop{clock};
  static OwnedFd signalled() { return OwnedFd(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)); }
};

TEST_F(LoopTest, runs_timers_in_the_order_of_their_deadlines) {
  std::vector<int> order;
  const Timer late = loop.after_ms(20, [&] { order.push_back(2); });
  const Timer early = loop.after_ms(10, [&] { order.push_back(1); });
  loop.run_once(0);
  EXPECT_TRUE(order.empty());
  clock.now_us += 20'000;
  loop.run_once(0);
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST_F(LoopTest, a_dropped_timer_never_fires) {
  bool fired = false;
  { const Timer dropped = loop.after_ms(1, [&] { fired = true; }); }
  clock.now_us += 5'000;
  loop.run_once(0);
  EXPECT_FALSE(fired);
}

TEST_F(LoopTest, a_timer_may_drop_another_timer_that_is_due_in_the_same_round) {
  bool fired = false;
  Timer second;
  const Timer first = loop.after_ms(1, [&] { second.reset(); });
  second = loop.after_ms(2, [&] { fired = true; });
  clock.now_us += 5'000;
  loop.run_once(0);
  EXPECT_FALSE(fired);
}

TEST_F(LoopTest, a_timer_that_arms_itself_again_without_delay_waits_for_the_next_round) {
  int count = 0;
  Timer timer;
  std::function<void()> again = [&] { ++count; timer = loop.after_us(0, again); };
  timer = loop.after_us(0, again);
  loop.run_once(0);
  EXPECT_EQ(count, 1);
  loop.run_once(0);
  EXPECT_EQ(count, 2);
}

TEST_F(LoopTest, timers_with_slack_share_a_wake_up) {
  int fired = 0;
  const Timer a = loop.after_us(1'000, [&] { ++fired; }, 50'000);
  const Timer b = loop.after_us(40'000, [&] { ++fired; }, 50'000);
  clock.now_us += 45'000;
  loop.run_once(0);
  EXPECT_EQ(fired, 0);
  clock.now_us += 5'000;
  loop.run_once(0);
  EXPECT_EQ(fired, 2);
}

TEST_F(LoopTest, a_watch_hears_a_ready_descriptor_until_it_is_dropped) {
  const OwnedFd event = signalled();
  int heard = 0;
  Watch watch = loop.watch(event.get(), EPOLLIN, [&](std::uint32_t) { ++heard; });
  loop.run_once(0);
  EXPECT_EQ(heard, 1);
  watch.reset();
  loop.run_once(0);
  EXPECT_EQ(heard, 1);
}

TEST_F(LoopTest, a_watch_may_drop_itself_inside_its_own_callback) {
  const OwnedFd event = signalled();
  auto owned = std::make_shared<int>(7);
  Watch watch;
  int seen = 0;
  watch = loop.watch(event.get(), EPOLLIN, [&watch, &seen, owned](std::uint32_t) {
    watch.reset();
    seen = *owned;  // the callback's captures must still live
  });
  owned.reset();
  loop.run_once(0);
  EXPECT_EQ(seen, 7);
}

TEST_F(LoopTest, dropping_another_watch_inside_a_callback_cancels_its_fetched_event) {
  const OwnedFd one = signalled(), two = signalled();
  Watch a, b;
  int heard = 0;
  a = loop.watch(one.get(), EPOLLIN, [&](std::uint32_t) { ++heard; a.reset(); b.reset(); });
  b = loop.watch(two.get(), EPOLLIN, [&](std::uint32_t) { ++heard; a.reset(); b.reset(); });
  loop.run_once(0);
  EXPECT_EQ(heard, 1);
}

TEST_F(LoopTest, a_descriptor_number_used_again_in_the_same_round_does_not_get_the_old_event) {
  OwnedFd one = signalled();
  OwnedFd two = signalled();
  Watch a, b;
  bool wrong = false;
  const auto replace = [&](Watch& other, OwnedFd& fd) {
    other.reset();
    const int number = fd.get();
    fd.reset();
    fd = OwnedFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    EXPECT_EQ(fd.get(), number);
    other = loop.watch(fd.get(), EPOLLIN, [&](std::uint32_t) { wrong = true; });
  };
  bool replaced = false;
  a = loop.watch(one.get(), EPOLLIN, [&](std::uint32_t) { if (!replaced) { replaced = true; replace(b, two); } });
  b = loop.watch(two.get(), EPOLLIN, [&](std::uint32_t) { if (!replaced) { replaced = true; replace(a, one); } });
  loop.run_once(0);
  EXPECT_TRUE(replaced);
  EXPECT_FALSE(wrong);
}

TEST_F(LoopTest, a_regular_file_cannot_be_watched_and_says_so) {
  const OwnedFd none;
  EXPECT_FALSE(loop.watch(none.get(), EPOLLIN, [](std::uint32_t) {}));
}

TEST_F(LoopTest, work_on_a_worker_comes_back_to_the_loop) {
  WorkerPool pool(loop, 2);
  auto answer = std::make_shared<int>(0);
  bool done = false;
  const Job job = pool.run(60'000, [answer](const WorkContext&) { *answer = 42; }, [&](JobEnd end) { done = end == JobEnd::finished; });
  while (!done) loop.run_once(-1);
  EXPECT_EQ(*answer, 42);
}

TEST_F(LoopTest, a_dropped_job_never_reports) {
  WorkerPool pool(loop, 1);
  bool reported = false;
  Job dropped = pool.run(60'000, [](const WorkContext&) {}, [&](JobEnd) { reported = true; });
  dropped.reset();
  bool done = false;
  const Job later = pool.run(60'000, [](const WorkContext&) {}, [&](JobEnd) { done = true; });
  while (!done) loop.run_once(-1);
  EXPECT_FALSE(reported);
}

TEST_F(LoopTest, work_past_its_deadline_is_told_to_stop_and_reported_once) {
  WorkerPool pool(loop, 1);
  std::vector<JobEnd> ends;
  auto begun = std::make_shared<std::atomic<bool>>(false);
  auto saw_cancel = std::make_shared<std::atomic<bool>>(false);
  const Job job = pool.run(10, [begun, saw_cancel](const WorkContext& context) {
    *begun = true;
    while (!context.cancelled()) std::this_thread::yield();
    *saw_cancel = true;
  }, [&](JobEnd end) { ends.push_back(end); });
  while (!*begun) std::this_thread::yield();
  clock.now_us += 20'000;
  while (ends.empty()) loop.run_once(0);
  while (!*saw_cancel) std::this_thread::yield();
  bool flushed = false;
  const Job next = pool.run(60'000, [](const WorkContext&) {}, [&](JobEnd) { flushed = true; });
  while (!flushed) loop.run_once(-1);
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0], JobEnd::timed_out);
}

TEST(ProcessId, own_start_time_is_known_and_stable) {
  const auto start = process_start_time(getpid());
  ASSERT_TRUE(start);
  EXPECT_EQ(process_start_time(getpid()), start);
  EXPECT_TRUE(open_pidfd(ProcessId{getpid(), *start}));
}

TEST(ProcessId, the_same_pid_with_another_start_time_is_another_process) {
  EXPECT_FALSE(open_pidfd(ProcessId{getpid(), *process_start_time(getpid()) + 1}));
}

TEST(ExitStatus, unknown_is_never_told_as_success) {
  EXPECT_EQ(describe(ExitStatus{ExitStatus::How::exited, 1}), "exited with status 1");
  EXPECT_EQ(describe(ExitStatus{ExitStatus::How::signalled, 9}), "killed by signal 9 (Killed)");
  EXPECT_NE(describe(ExitStatus{}).find("unknown"), std::string::npos);
}

}  // namespace
}  // namespace keelson
