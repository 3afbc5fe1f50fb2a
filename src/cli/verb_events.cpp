#include <poll.h>

#include <algorithm>

#include "cli/opening.h"
#include "cli/verbs.h"
#include "pipeline/health.h"
#include "system/clock.h"

namespace keelson::cli {
namespace {

constexpr int kBatch = 1000;

void print_event(const Json& event, Output& output) {
  if (output.structured()) return output.print(event.dump() + "\n");
  std::string subject = event["member"].as_string();
  if (subject.empty()) subject = event["component"].as_string();
  std::string line = event["at"].as_string() + "  " + event["kind"].as_string();
  if (!subject.empty()) line += "  " + subject;
  if (!event["reason"].as_string().empty()) line += "  " + event["reason"].as_string();
  for (const char* field : {"decision", "failed_condition"})
    if (!event[field].as_string().empty()) line += "  " + std::string(field) + "=" + event[field].as_string();
  output.print(line + "\n");
}

/// "redis-2 is failed, postgresql-1 is starting": what keeps a foundation from being as wanted.
std::string what_is_missing(const Json& status, std::string_view wanted) {
  std::string out;
  const auto add = [&](const Json& row) {
    if (row["state"].as_string() != wanted) out += (out.empty() ? "" : ", ") + row["name"].as_string() + " is " + row["state"].as_string();
  };
  for (const Json& component : status["components"].items())
    for (const Json& member : component["members"].items()) add(member);
  for (const Json& endpoint : status["endpoints"].items()) add(endpoint);
  return out;
}

/// Events after `seen`, which moves on; blocks up to `limit_ms` while there is none, also when nobody is there to wait with.
Result<std::vector<Json>> next_events(Pipeline& pipeline, std::int64_t& seen, int limit_ms) {
  const RealClock clock;
  const std::int64_t began = clock.monotonic_us() / 1000;
  auto events = pipeline.events(seen, kBatch, limit_ms);
  if (events)
    for (const Json& event : *events) seen = std::max(seen, event["seq"].as_int());
  const std::int64_t left = limit_ms - (clock.monotonic_us() / 1000 - began);
  if ((!events || events->empty()) && left > 0) ::poll(nullptr, 0, static_cast<int>(left));
  return events;
}

/// Everything that happened before now: waiting begins after it.
std::int64_t last_seq(Pipeline& pipeline) {
  std::int64_t seen = 0;
  while (true) {
    const auto events = next_events(pipeline, seen, 0);
    if (!events || events->empty()) return seen;
  }
}

}  // namespace

int run(const EventsOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  std::int64_t seen = options.after;
  while (!output.reader_gone()) {
    const auto events = next_events(**pipeline, seen, options.follow == Follow::yes ? 1000 : 0);
    if (!events) return output.error(events.error());
    for (const Json& event : *events) print_event(event, output);
    if (events->empty() && options.follow == Follow::no) break;
  }
  return 0;
}

int run(const WaitOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const Foundation& foundation = (*pipeline)->foundation();
  const std::string_view wanted = name(options.target == Target::healthy ? Health::healthy : Health::stopped);
  const RealClock clock;
  const std::int64_t deadline = clock.monotonic_us() / 1000 + options.timeout_ms;
  std::int64_t seen = last_seq(**pipeline);
  while (true) {
    const auto instances = (*pipeline)->runtime().status();
    const bool silent = !instances && instances.error().code == ErrorCode::not_running;
    if (!instances && !silent) return output.error(instances.error());
    // Nobody supervises a stopped foundation: that the agent is gone is what "stopped" means here.
    const Json status = instances ? status_json(foundation, *instances) : unknown_status_json(foundation);
    if (status["state"].as_string() == wanted || (silent && options.target == Target::stopped)) {
      if (output.structured()) output.document(document_head("wait").set("foundation", foundation.name).set("state", Json(wanted)));
      else output.print(foundation.name + " is " + std::string(wanted) + "\n");
      return 0;
    }
    const std::int64_t left = deadline - clock.monotonic_us() / 1000;
    if (left <= 0)
      return output.error({ErrorCode::not_healthy, foundation.name + " is not " + std::string(wanted) + " in time", {},
                           silent ? "its agent does not answer" : what_is_missing(status, wanted), silent ? "run `keelson up`" : "see `keelson status` and `keelson logs`"});
    static_cast<void>(next_events(**pipeline, seen, static_cast<int>(std::min<std::int64_t>(left, 500))));
  }
}

}  // namespace keelson::cli
