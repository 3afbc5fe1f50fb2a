#include "runtime/native/damage_repair.h"

#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "runtime/native/agent_process.h"
#include "state/damage_journal.h"
#include "system/commands.h"

namespace keelson::native {
namespace {

constexpr int kAttempts = 24;
constexpr std::int64_t kPauseUs = 5'000'000;
constexpr std::int64_t kHeldUs = 30'000'000;
constexpr int kAttemptMs = 300'000;
constexpr int kDone = 0;
const int kHeld = exit_code(ErrorCode::locked);

struct Outcome {
  int status = -1;
  std::string why = "it did not end in time";
};

/// Where this user's foundations are, as the agent itself was told.
std::vector<std::pair<std::string, std::string>> environment() {
  std::vector<std::pair<std::string, std::string>> out{{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}};
  for (const char* const name : kPlaceVariables)
    if (const char* const value = std::getenv(name)) out.emplace_back(name, value);
  return out;
}

Outcome repair(const std::string& program, const std::string& state_dir) {
  RealCommands commands;
  const auto output = static_cast<Commands&>(commands).run({program, "repair", state_dir}, {.environment = environment(), .timeout_ms = kAttemptMs});
  if (!output) return {-1, describe(output.error())};
  return {output->status, output->err};
}

}  // namespace

DamageRepair::DamageRepair(Loop& loop, WorkerPool& workers, std::string program, std::string state_dir, Tell tell)
    : loop_(loop), workers_(workers), program_(std::move(program)), state_dir_(std::move(state_dir)), tell_(std::move(tell)) {}

void DamageRepair::begin() {
  if (state::damage_left(state_dir_)) attempt();
}

void DamageRepair::attempt() {
  again_.reset();
  ++attempts_;
  auto outcome = std::make_shared<Outcome>();
  job_ = workers_.run(
      2 * kAttemptMs, [outcome, program = program_, state_dir = state_dir_](const WorkContext&) { *outcome = repair(program, state_dir); },
      [this, outcome](JobEnd end) {
        job_.reset();
        static_cast<void>(end);  // unfinished: as an attempt that failed
        ended(outcome->status, outcome->why);
      });
}

void DamageRepair::ended(int status, const std::string& why) {
  if (status == kHeld) {  // whoever holds the lock may repair by himself, or be killed too
    --attempts_;
    again_ = loop_.after_us(kHeldUs, [this] { begin(); });
    return;
  }
  if (status == kDone) return tell_("repaired", "what a killed sabotage or drill had damaged");
  if (attempts_ == kAttempts) return tell_("failed", "what a killed sabotage or drill had damaged cannot be repaired (keelson up tries again): " + why);
  again_ = loop_.after_us(kPauseUs, [this] { attempt(); });
}

}  // namespace keelson::native
