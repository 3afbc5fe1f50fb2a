#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "supervision/service.h"

namespace keelson {

using State = Service::State;
inline constexpr ExitStatus kCrash{ExitStatus::How::signalled, 11};

/// A body that does nothing and remembers what it was told. For tests of this room.
struct FakeBody : Body {
  std::int64_t now = 0;
  std::optional<std::int64_t> armed;
  int spawns = 0, stops = 0, kills = 0;
  bool spawn_fails = false, is_empty = true, probing = false;
  bool lives = false, due = false;
  int releases = 0;
  double random = 0;
  std::vector<std::string> events;

  Result<ProcessId> spawn() override {
    ++spawns;
    if (spawn_fails) return fail("redis-1: cannot run the program", "/x", "No such file or directory");
    return ProcessId{100 + spawns, 1};
  }
  void signal_stop() override { ++stops; }
  void kill_all() override { ++kills; }
  bool empty() override { return is_empty; }
  bool engine_lives() override { return lives; }
  bool release_due() override { return due; }
  void release() override { ++releases; }
  int stop_timeout_ms() override { return 30'000; }
  void start_probing() override { probing = true; }
  void stop_probing() override { probing = false; }
  void arm_us(std::int64_t delay) override { armed = delay; }
  void disarm() override { armed.reset(); }
  std::int64_t now_us() override { return now; }
  double jitter() override { return random; }
  void changed() override {}
  void event(std::string_view kind, const std::string&) override { events.emplace_back(kind); }
  bool told(const std::string& kind) const { return std::find(events.begin(), events.end(), kind) != events.end(); }
};

struct ServiceTest : testing::Test {
  FakeBody body;
  Service service{body};
  void make_ready() {
    service.start();
    service.probed({true, "primary", ""});
    ASSERT_EQ(service.state(), State::ready);
  }
};

}  // namespace keelson
