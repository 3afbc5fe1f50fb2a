#include <fmt/format.h>
#include <signal.h>

#include <atomic>

#include "cli/drill_view.h"
#include "cli/opening.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "operate/drill.h"
#include "operate/engine.h"
#include "runtime/native/host_users.h"
#include "state/audit_chain.h"
#include "state/drill_log.h"
#include "state/lock.h"
#include "state/schema.h"
#include "system/random.h"

namespace keelson::cli {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

/// Ctrl-C ends a drill, and what it did is undone first. A second one is no different: nothing is worse than half an undoing.
void listen_for_interruption() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
}

Result<const Component*> component_of(const Foundation& foundation, const std::string& name) {
  if (const Component* component = find_component(foundation, name)) return component;
  std::string known;
  for (const Component& component : foundation.components)
    if (operate::find_engine(component.kind->name) != nullptr) known += (known.empty() ? "" : ", ") + component.name;
  return fail_as(ErrorCode::usage, "no component '" + name + "'", {}, {}, known.empty() ? "this foundation has none that can be drilled" : "those that can be drilled: " + known);
}

std::uint32_t random_seed() {
  std::uint32_t seed = 0;
  for (const char byte : RealRandom().bytes(4)) seed = seed << 8 | static_cast<unsigned char>(byte);
  return seed;
}

Result<operate::Scorecard> drill(const DrillOptions& options, Pipeline& pipeline, Output& output) {
  KEELSON_TRY(const Component* component, component_of(pipeline.foundation(), options.component));
  if (options.times < 1 || options.times > 1000) return fail_as(ErrorCode::usage, "--times is " + std::to_string(options.times), {}, {}, "use 1 to 1000");
  const operate::Fault* fault = operate::find_fault(options.fault);
  if (fault == nullptr) return fail_as(ErrorCode::usage, "no drill '" + options.fault + "'");
  Standing standing{pipeline.foundation(), pipeline.runtime(), pipeline.state_dir()};
  // Nobody may bring the foundation up, or down, while it fails on purpose.
  KEELSON_TRY(const state::Lock lock, state::Lock::take(standing.state_dir, options.common.request.command));
  RealClock clock;
  KEELSON_TRY(const auto database, state::open_state(standing.state_dir, clock));
  operate::DrillListener listener;
  if (options.common.progress != ProgressStyle::quiet) listener.progress = make_progress(options.common.progress, output);
  listener.ran = [&](std::size_t number, const operate::Run& run) {
    if (listener.progress)
      listener.progress(fmt::format("run {} of {}: {}", number, options.times,
                                    run.broken.empty() ? fmt::format("gap {:.0f} ms, {} of {} acknowledged writes lost", run.gap_ms.value_or(0), run.account.lost, run.account.acknowledged)
                                                       : run.broken.front()));
  };
  listen_for_interruption();
  auto card = operate::run_drill(standing, *database, {*fault, *component, options.times, options.seed ? *options.seed : random_seed()}, listener, interrupted);
  const bool refused = !card && card.error().code != ErrorCode::failed;
  if (!refused) KEELSON_CHECK(state::AuditChain(*database, clock).append(native::invoking_user(), options.common.request.command, card ? "done" : "failed"));
  return card;
}

}  // namespace

int run(const DrillOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto card = drill(options, **pipeline, output);
  if (!card) return output.error(card.error());
  if (output.structured()) output.document(operate::drill_json(*card, document_head("drill")["observed_at"].as_string()));
  else output.print(scorecard_text(*card, output));
  return card->passed() ? 0 : exit_code(ErrorCode::check_failed);
}

int run(const DrillListOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  RealClock clock;
  const auto database = state::open_state((*pipeline)->state_dir(), clock);
  if (!database) return output.error(database.error());
  const auto drills = state::DrillLog(**database, clock).list();
  if (!drills) return output.error(drills.error());
  if (output.structured()) {
    Json list = Json::array();
    for (const state::DrillRecord& drill : *drills) list.push(drill.card);
    output.document(document_head("drills").set("foundation", (*pipeline)->foundation().name).set("drills", std::move(list)));
  } else if (drills->empty()) {
    output.print("no drill has ended yet; `keelson drill --help` lists them\n");
  } else {
    output.print(drill_list_text(*drills, clock.wall_ms(), output));
  }
  return 0;
}

}  // namespace keelson::cli
