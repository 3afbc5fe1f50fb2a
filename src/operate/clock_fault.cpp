#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <chrono>
#include <cmath>

#include "operate/faults.h"
#include "operate/load.h"
#include "operate/staging.h"
#include "system/files.h"

namespace keelson::operate {
namespace {

constexpr int kAheadSeconds = 3600;
constexpr int kProofMs = 10'000;
constexpr int kBackMs = 12'000;  ///< longer than Patroni's loop
constexpr std::array kLibraries = {"/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"};

Result<std::string> library() {
  RealFiles files;
  for (const char* path : kLibraries)
    if (const auto there = files.info(path); there && *there) return std::string(path);
  return fail_as(ErrorCode::not_supported, "libfaketime is not on this machine", kLibraries.front(), {}, "apt-get install libfaketime (a library; it starts nothing)");
}

/// A planned restart of one member, declared as `foundation` has it.
Result<void> restart(Standing& standing, const Foundation& foundation, const Component& component, const Member& member) {
  const Step step{.action = Action::restart, .component = component.name, .subject = member.instances.front().name};
  return standing.runtime.execute(foundation, step, [](const std::string&) {});
}

/// The same foundation, where that member's PostgreSQL asks libfaketime for the time of day (its README: the file holds the offset and is read
/// again each second; the monotonic clock is left alone). Patroni keeps the machine's: Python's time.sleep fails under libfaketime 0.9.10.
Foundation with_clock_of_its_own(const Foundation& foundation, const std::string& member_name, const Json& chosen) {
  Foundation out = foundation;
  for (Component& component : out.components)
    for (Member& member : component.members) {
      if (member.name != member_name) continue;
      auto& environment = member.instances.front().environment;
      environment.emplace_back("KEELSON_ENGINE_LD_PRELOAD", chosen["library"].as_string());
      environment.emplace_back("KEELSON_ENGINE_FAKETIME_TIMESTAMP_FILE", chosen["file"].as_string());
      environment.emplace_back("KEELSON_ENGINE_FAKETIME_CACHE_DURATION", "1");
      environment.emplace_back("KEELSON_ENGINE_FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
  return out;
}

/// By the environment that its main process was started with.
Result<bool> has_clock_of_its_own(Standing& standing, const Member& member) {
  RealFiles files;
  KEELSON_TRY(const auto status, standing.runtime.status());
  for (const InstanceStatus& instance : status) {
    if (instance.name != member.instances.front().name || instance.pids.empty()) continue;
    const auto environment = files.read(fmt::format("/proc/{}/environ", instance.pids.front()), 1 << 20);
    return environment && environment->find("KEELSON_ENGINE_FAKETIME") != std::string::npos;
  }
  return true;  // it does not run: its declaration may still have it
}

Result<void> set_offset(const Json& chosen, int seconds) {
  RealFiles files;
  return files.write(chosen["file"].as_string(), fmt::format("{:+d}\n", seconds), 0644, {});
}

/// How far the member's clock is ahead of this machine's, by its own word.
Result<double> ahead_of_us(World& world, const Member& member) {
  using namespace std::chrono;
  KEELSON_TRY(PgConnection admin, clients::open_pg_admin(world, member));
  KEELSON_TRY(const PgRows rows, admin.query("select extract(epoch from clock_timestamp())", {}, 1'000, PgOverdue::abandon));
  return std::strtod(rows.text(0, 0).c_str(), nullptr) - duration<double>(system_clock::now().time_since_epoch()).count();
}

/// Another member than the leader: it is restarted with that clock, and led to the leadership.
Result<Json> choose_next_leader(Scene& scene) {
  KEELSON_TRY(const std::string found, library());
  KEELSON_TRY(const Member* member, some_replica(scene));
  return Json::object().set("member", member->name).set("library", found).set("file", member->instances.front().place.run + "/clock");
}

Result<Struck> jump(Scene& scene, const Json& chosen) {
  const Member* const member = member_named(scene.component, chosen["member"].as_string());
  if (member == nullptr) return fail("the member is gone", chosen["member"].as_string());
  KEELSON_CHECK(set_offset(chosen, 0));
  KEELSON_CHECK(restart(scene.standing, with_clock_of_its_own(scene.standing.foundation, member->name, chosen), scene.component, *member));
  KEELSON_CHECK(make_it_lead(scene, *member));

  Struck out{.at_us = now_us()};
  KEELSON_CHECK(set_offset(chosen, kAheadSeconds));
  double ahead = 0;
  const bool jumped = clients::eventually(kProofMs, [&] {
    ahead = ahead_of_us(scene.standing.runtime.world(), *member).value_or(0);
    return std::abs(ahead - kAheadSeconds) < 60;
  });
  if (!jumped) return fail("the member's clock did not jump", member->name, fmt::format("it is {:.0f} s ahead", ahead));
  out.proved_us = now_us();
  out.evidence = fmt::format("{}, the leader, is {:.0f} s ahead", member->name, ahead);
  return out;
}

/// Back by an hour, which is a jump too, and felt for a while; then it starts as it was.
Result<void> put_right(Standing& standing, const Json& chosen) {
  for (const Component& component : standing.foundation.components) {
    const Member* const member = member_named(component, chosen["member"].as_string());
    if (member == nullptr) continue;
    if (const auto ahead = ahead_of_us(standing.runtime.world(), *member); ahead && std::abs(*ahead) > 60) {
      KEELSON_CHECK(set_offset(chosen, 0));
      ::poll(nullptr, 0, kBackMs);
    }
    KEELSON_CHECK(start_all(standing, component));
    KEELSON_TRY(const bool prepared, has_clock_of_its_own(standing, *member));
    if (prepared) KEELSON_CHECK(restart(standing, standing.foundation, component, *member));
  }
  RealFiles files;
  return files.remove(chosen["file"].as_string());
}

}  // namespace

const Fault kClock{
    .name = "clock",
    .what = "makes a member lead whose PostgreSQL then sees the clock jump an hour ahead, and after 20 s back (libfaketime, for that member only)",
    .proof = "the member itself says so",
    .recovery = "one member leads, the others follow and have caught up",
    .hold_ms = 20'000,
    .choose = choose_next_leader,
    .strike = jump,
    .lift = put_right,
};

}  // namespace keelson::operate
