#include <gtest/gtest.h>

#include "supervision/service_fixture.h"

namespace keelson {
namespace {

TEST_F(ServiceTest, starts_and_becomes_ready_by_its_first_good_probe) {
  service.start();
  EXPECT_EQ(service.state(), State::starting);
  EXPECT_TRUE(body.probing);
  service.probed({false, "", "connection refused"});
  EXPECT_EQ(service.state(), State::starting);
  EXPECT_EQ(service.detail(), "connection refused");
  service.probed({true, "replica", ""});
  EXPECT_EQ(service.life(), Life::ready);
  EXPECT_EQ(service.role(), "replica");
}

TEST_F(ServiceTest, starting_a_running_instance_does_nothing) {
  make_ready();
  service.start();
  EXPECT_EQ(body.spawns, 1);
  EXPECT_EQ(service.state(), State::ready);
}

TEST_F(ServiceTest, an_unready_instance_keeps_running_and_may_become_ready_again) {
  make_ready();
  service.probed({false, "", "timed out"});
  EXPECT_EQ(service.life(), Life::running);
  EXPECT_EQ(body.kills, 0);
  EXPECT_EQ(service.role(), "");
  service.probed({true, "primary", ""});
  EXPECT_EQ(service.life(), Life::ready);
}

TEST_F(ServiceTest, a_changed_role_is_told) {
  make_ready();
  service.probed({true, "replica", ""});
  EXPECT_TRUE(body.told("role"));
  EXPECT_EQ(service.role(), "replica");
}

TEST_F(ServiceTest, the_first_death_restarts_at_once_after_the_cgroup_was_killed) {
  make_ready();
  service.exited(kCrash);
  EXPECT_EQ(body.kills, 1);
  EXPECT_EQ(body.spawns, 2);
  EXPECT_EQ(service.state(), State::starting);
  EXPECT_EQ(service.restarts(), 1);
  EXPECT_TRUE(body.told("exited"));
}

TEST_F(ServiceTest, deaths_are_counted_until_it_is_ready_or_told_to_start_again) {
  service.start();
  for (int i = 1; i <= 6; ++i) {
    service.exited(kCrash);
    EXPECT_EQ(service.deaths_before_ready(), i);
    if (service.state() == State::backoff) service.timer();
  }
  service.probed({true, "", ""});
  EXPECT_EQ(service.deaths_before_ready(), 0);
  service.exited(kCrash);
  EXPECT_EQ(service.deaths_before_ready(), 1);
  if (service.state() == State::backoff) service.timer();
  service.restart();
  EXPECT_EQ(service.deaths_before_ready(), 0);
  service.exited(kCrash);  // as it was told to
  EXPECT_EQ(service.deaths_before_ready(), 0);
}

TEST_F(ServiceTest, nothing_is_started_before_the_cgroup_is_empty) {
  make_ready();
  body.is_empty = false;
  service.exited(kCrash);
  EXPECT_EQ(service.state(), State::clearing);
  EXPECT_EQ(body.spawns, 1);
  service.emptied();
  EXPECT_EQ(body.spawns, 2);
}

TEST_F(ServiceTest, stop_asks_first_and_ends_when_the_cgroup_is_empty) {
  make_ready();
  service.stop();
  EXPECT_EQ(service.state(), State::stopping);
  EXPECT_EQ(body.stops, 1);
  EXPECT_EQ(body.kills, 0);
  EXPECT_EQ(*body.armed, 30'000'000);
  body.is_empty = false;
  service.exited({ExitStatus::How::exited, 0});
  EXPECT_EQ(service.state(), State::clearing);
  EXPECT_EQ(service.life(), Life::stopping);
  service.emptied();
  EXPECT_EQ(service.state(), State::stopped);
  EXPECT_FALSE(body.told("exited"));
  EXPECT_TRUE(body.told("stopped"));
}

TEST_F(ServiceTest, a_stop_that_takes_too_long_becomes_a_kill) {
  make_ready();
  service.stop();
  body.is_empty = false;
  service.timer();
  EXPECT_EQ(body.kills, 1);
  EXPECT_TRUE(body.told("killed"));
  service.exited({ExitStatus::How::signalled, 9});
  EXPECT_EQ(service.state(), State::clearing);
  service.emptied();
  EXPECT_EQ(service.state(), State::stopped);
  EXPECT_EQ(body.spawns, 1);
}

TEST_F(ServiceTest, processes_that_survive_a_kill_forbid_a_start_until_they_are_gone) {
  make_ready();
  body.is_empty = false;
  service.exited(kCrash);
  service.timer();
  EXPECT_EQ(service.state(), State::failed);
  service.start();
  EXPECT_EQ(body.spawns, 1);
  service.timer();
  EXPECT_EQ(body.kills, 2);
  EXPECT_EQ(body.spawns, 1);
  body.is_empty = true;
  service.timer();
  EXPECT_EQ(body.spawns, 2);
}

TEST_F(ServiceTest, start_while_stopping_comes_up_again_afterwards) {
  make_ready();
  service.stop();
  service.start();
  EXPECT_EQ(service.state(), State::stopping);
  service.exited({ExitStatus::How::exited, 0});
  EXPECT_EQ(service.state(), State::starting);
  EXPECT_EQ(body.spawns, 2);
}

TEST_F(ServiceTest, stop_while_clearing_prevents_the_restart) {
  make_ready();
  body.is_empty = false;
  service.exited(kCrash);
  service.stop();
  service.emptied();
  EXPECT_EQ(service.state(), State::stopped);
  EXPECT_EQ(body.spawns, 1);
}

TEST_F(ServiceTest, an_adopted_process_is_probed_and_its_unknown_end_is_a_death) {
  service.adopt({42, 7});
  EXPECT_EQ(service.life(), Life::running);
  EXPECT_TRUE(body.probing);
  service.probed({true, "", ""});
  EXPECT_EQ(service.life(), Life::ready);
  EXPECT_EQ(body.spawns, 0);
  body.is_empty = false;
  service.exited({});
  EXPECT_NE(service.detail().find("unknown"), std::string::npos);
  service.emptied();
  EXPECT_EQ(body.spawns, 1);
}

TEST_F(ServiceTest, what_died_without_an_agent_is_cleared_before_it_is_started) {
  body.is_empty = false;
  service.recover(true);
  EXPECT_EQ(body.kills, 1);
  EXPECT_EQ(body.spawns, 0);
  service.emptied();
  EXPECT_EQ(body.spawns, 1);
}

TEST_F(ServiceTest, what_is_wanted_down_is_cleared_and_not_started) {
  service.recover(false);
  EXPECT_EQ(service.state(), State::stopped);
  EXPECT_EQ(body.spawns, 0);
}

TEST_F(ServiceTest, a_main_process_that_dies_alone_is_started_beside_its_engine) {
  make_ready();
  body.lives = true;
  service.exited(kCrash);
  EXPECT_EQ(body.kills, 0);
  EXPECT_EQ(body.armed, Service::kEngineUs) << "its engine may be dying with it";
  service.timer();
  EXPECT_EQ(body.spawns, 2);
  EXPECT_EQ(service.state(), State::starting);
  EXPECT_EQ(body.kills, 0);
}

/// Seen on real engines: clients had no writes for 4 s when it died every 8 s, though it had done its work each time.
TEST_F(ServiceTest, what_tends_a_living_engine_waits_only_when_it_dies_without_having_been_ready) {
  make_ready();
  body.lives = true;
  for (int death = 0; death < 30; ++death) {
    body.now += Service::kTendedUs;
    service.exited(kCrash);
    EXPECT_EQ(body.armed, Service::kEngineUs);
    service.timer();
    make_ready();
  }
  service.exited(kCrash);
  service.timer();
  service.exited(kCrash);
  EXPECT_GT(body.armed, Service::kEngineUs) << "it was not ready in between";
}

/// Seen on real engines: the tenth death in 35 s let the lease end.
TEST_F(ServiceTest, an_engine_is_never_left_alone_for_long_however_often_its_main_process_dies) {
  make_ready();
  body.lives = true;
  for (int death = 0; death < 30; ++death) {
    service.exited(kCrash);
    EXPECT_GE(body.armed, Service::kEngineUs);
    EXPECT_LE(body.armed, Service::kUntendedUs);
    service.timer();
  }
  EXPECT_EQ(body.spawns, 31);
  EXPECT_EQ(body.kills, 0);
}

TEST_F(ServiceTest, an_engine_that_is_killed_takes_its_main_process_with_it) {
  make_ready();
  body.lives = false;
  service.engine_died("its engine was killed while it led");
  EXPECT_EQ(body.kills, 1);
  EXPECT_EQ(body.spawns, 2);
}

TEST_F(ServiceTest, a_dead_leader_starts_only_after_its_leadership_is_given_up) {
  make_ready();
  body.due = true;
  body.is_empty = false;
  service.exited(kCrash);
  EXPECT_EQ(service.state(), State::clearing);
  EXPECT_EQ(body.releases, 0) << "before the fence";
  body.is_empty = true;
  service.emptied();
  EXPECT_EQ(service.state(), State::releasing);
  EXPECT_EQ(body.releases, 1);
  EXPECT_EQ(body.spawns, 1);
  service.start();
  EXPECT_EQ(body.spawns, 1);
  body.due = false;
  service.released();
  EXPECT_EQ(service.state(), State::starting);
  EXPECT_EQ(body.spawns, 2);
}

TEST_F(ServiceTest, a_stop_does_not_wait_for_a_release_but_the_next_start_does) {
  make_ready();
  body.due = true;
  service.exited(kCrash);
  service.stop();
  EXPECT_EQ(service.state(), State::stopped);
  service.start();
  EXPECT_EQ(service.state(), State::releasing);
  EXPECT_EQ(body.spawns, 1);
}

}  // namespace
}  // namespace keelson
