#include "operate/switchover.h"

#include <fmt/format.h>

#include <signal.h>

#include <cmath>

#include "cli/opening.h"
#include "cli/verbs.h"
#include "runtime/native/host_users.h"
#include "state/audit_chain.h"
#include "state/lock.h"
#include "state/schema.h"

namespace keelson::cli {
namespace {

/// Once begun it is not interrupted: clients are held back meanwhile, for a second or two.
void defer_interruption() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Result<operate::Switchover> switch_over(const SwitchoverOptions& options, Pipeline& pipeline) {
  const Component* component = find_component(pipeline.foundation(), options.component);
  if (component == nullptr) return fail_as(ErrorCode::usage, "no component '" + options.component + "'", {}, {}, "keelson status lists them");
  Standing standing{pipeline.foundation(), pipeline.runtime(), pipeline.state_dir()};
  KEELSON_TRY(const state::Lock lock, state::Lock::take(standing.state_dir, options.common.request.command));
  RealClock clock;
  KEELSON_TRY(const auto database, state::open_state(standing.state_dir, clock));
  defer_interruption();
  auto done = operate::switch_over(standing, *component, options.to);
  if (done || done.error().code == ErrorCode::failed)  // else nothing was changed
    KEELSON_CHECK(state::AuditChain(*database, clock).append(native::invoking_user(), options.common.request.command, done ? "done" : "failed"));
  return done;
}

}  // namespace

int run(const SwitchoverOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto done = switch_over(options, **pipeline);
  if (!done) return output.error(done.error());
  if (output.structured())
    output.document(document_head("switchover").set("component", options.component).set("from", done->from).set("to", done->to).set("took_ms", std::round(done->took_ms)));
  else output.print(fmt::format("{} leads {} instead of {}, after {:.0f} ms\n", done->to, options.component, done->from, done->took_ms));
  return 0;
}

}  // namespace keelson::cli
