#include <gtest/gtest.h>

#include "supervision/service_fixture.h"

namespace keelson {
namespace {

TEST_F(ServiceTest, delays_double_up_to_half_a_minute) {
  service.start();
  service.exited(kCrash);
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 11; ++i) {
    service.exited(kCrash);
    ASSERT_EQ(service.state(), State::backoff);
    delays.push_back(*body.armed / 1000);
    service.timer();
    ASSERT_EQ(service.state(), State::starting);
  }
  EXPECT_EQ(delays, (std::vector<std::int64_t>{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}));
}

TEST_F(ServiceTest, jitter_adds_up_to_a_quarter) {
  body.random = 0.5;
  service.start();
  service.exited(kCrash);
  service.exited(kCrash);
  EXPECT_EQ(*body.armed, 112'500);
}

TEST_F(ServiceTest, a_minute_of_life_makes_the_next_death_a_first_one) {
  service.start();
  for (int i = 0; i < 3; ++i) {
    service.exited(kCrash);
    if (service.state() == State::backoff) service.timer();
  }
  body.now += Service::kStableUs;
  service.exited(kCrash);
  EXPECT_EQ(service.state(), State::starting);
}

/// An engine that served and died again is not a crash loop: seen on real engines, its fifth death in a minute cost clients 8 s.
TEST_F(ServiceTest, five_seconds_of_life_make_the_next_death_a_first_one_if_it_was_ready) {
  make_ready();
  for (int death = 0; death < 5; ++death) {
    body.now += Service::kSteadyUs;
    service.exited(kCrash);
    ASSERT_EQ(service.state(), State::starting) << death;
    service.probed({true, "replica", ""});
  }
  service.exited(kCrash);
  EXPECT_EQ(service.state(), State::backoff) << "it had just become ready";
}

/// Leaders that were killed weeks apart are no crash loop either.
TEST_F(ServiceTest, an_engine_that_served_and_was_killed_is_started_again_at_once) {
  make_ready();
  for (int death = 0; death < 10; ++death) {
    body.now += Service::kSteadyUs;
    service.engine_died("its engine was killed while it led");
    ASSERT_EQ(service.state(), State::starting) << death;
    service.probed({true, "primary", ""});
  }
}

TEST_F(ServiceTest, five_seconds_of_life_are_not_enough_without_having_been_ready) {
  service.start();
  service.exited(kCrash);
  body.now += Service::kSteadyUs;
  service.exited(kCrash);
  EXPECT_EQ(service.state(), State::backoff);
}

TEST_F(ServiceTest, a_failed_spawn_backs_off_and_says_why) {
  body.spawn_fails = true;
  service.start();
  EXPECT_EQ(service.life(), Life::failed);
  EXPECT_NE(service.detail().find("cannot run the program"), std::string::npos);
  EXPECT_EQ(body.spawns, 2);
  body.spawn_fails = false;
  service.timer();
  EXPECT_EQ(service.state(), State::starting);
}

TEST_F(ServiceTest, stop_during_backoff_stops_without_a_signal) {
  service.start();
  service.exited(kCrash);
  service.exited(kCrash);
  ASSERT_EQ(service.state(), State::backoff);
  service.stop();
  EXPECT_EQ(service.state(), State::stopped);
  EXPECT_FALSE(body.armed);
  EXPECT_EQ(body.stops, 0);
}

TEST_F(ServiceTest, start_during_backoff_starts_at_once) {
  service.start();
  service.exited(kCrash);
  service.exited(kCrash);
  const int before = body.spawns;
  service.start();
  EXPECT_EQ(body.spawns, before + 1);
}

TEST_F(ServiceTest, a_commanded_restart_has_no_backoff) {
  make_ready();
  for (int i = 0; i < 5; ++i) {
    service.restart();
    EXPECT_EQ(service.state(), State::stopping);
    service.exited({ExitStatus::How::exited, 0});
    EXPECT_EQ(service.state(), State::starting);
  }
}

}  // namespace
}  // namespace keelson
