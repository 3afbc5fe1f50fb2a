#include "runtime/joined_starts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

namespace keelson {
namespace {

using namespace std::chrono_literals;

TEST(JoinedStarts, who_asks_while_one_is_under_way_joins_the_next) {
  std::promise<void> first_may_end;
  std::shared_future<void> may_end = first_may_end.get_future().share();
  std::promise<void> first_began;
  std::vector<std::vector<std::string>> rounds;
  JoinedStarts starts([&](const std::vector<std::string>& services) -> Result<void> {
    rounds.push_back(services);
    if (rounds.size() == 1) {
      first_began.set_value();
      may_end.wait();
    }
    return {};
  });
  std::thread first([&] { EXPECT_TRUE(starts.start("a")); });
  first_began.get_future().wait();
  std::thread second([&] { EXPECT_TRUE(starts.start("b")); });
  std::thread third([&] { EXPECT_TRUE(starts.start("c")); });
  std::this_thread::sleep_for(50ms);  // both have asked
  first_may_end.set_value();
  for (std::thread* thread : {&first, &second, &third}) thread->join();
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_EQ(rounds[0], std::vector<std::string>{"a"});
  std::sort(rounds[1].begin(), rounds[1].end());
  EXPECT_EQ(rounds[1], (std::vector<std::string>{"b", "c"}));
}

TEST(JoinedStarts, everybody_in_a_round_hears_how_it_ended_and_the_next_begins_anew) {
  int rounds = 0;
  JoinedStarts starts([&](const std::vector<std::string>&) -> Result<void> {
    if (++rounds == 1) return fail("no room");
    return {};
  });
  const auto failed = starts.start("a");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().what, "no room");
  EXPECT_TRUE(starts.start("a"));
}

}  // namespace
}  // namespace keelson
