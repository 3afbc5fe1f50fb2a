#include <fmt/format.h>

#include "cli/bring_up.h"
#include "cli/opening.h"
#include "cli/plan_view.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/access_sheet.h"

namespace keelson::cli {
namespace {

/// What to try first: the three commands the reader most likely wants now.
std::string next_commands(const Foundation& foundation) {
  std::string component;
  for (const Endpoint& endpoint : foundation.endpoints)
    if (component.empty() && (endpoint.protocol == "postgresql" || endpoint.protocol == "redis")) component = endpoint.component;
  std::string out = "\nNext:\n  keelson status               how everything is\n";
  out += component.empty() ? "  keelson logs -f              what the instances write\n"
                           : fmt::format("  {:<28} a client on it, over TLS\n", "keelson connect " + component);
  return out + "  keelson verify               try every promise as a client would\n";
}

std::string short_sheet(const Foundation& foundation, const Output& output) {
  if (foundation.endpoints.empty()) return {};
  Table table({"ENDPOINT", "ADDRESS", "DATABASE", "USERS"});
  for (const Endpoint& endpoint : foundation.endpoints) {
    std::string users;
    for (const EndpointUser& user : endpoint.users) users += (users.empty() ? "" : ", ") + user.name;
    table.row({endpoint.name, endpoint.address + ":" + std::to_string(endpoint.port), endpoint.database, users});
  }
  return "\n" + table.text(output) + "The whole sheet, with secrets by name: keelson access\n";
}

Json report_json(const Foundation& foundation, const ApplyReport& report) {
  Json failures = Json::array();
  for (const Error& error : report.failures)
    failures.push(Json::object().set("code", Json(name(error.code))).set("what", error.what).set("where", error.where).set("why", error.why).set("next", error.next));
  Json warnings = Json::array();
  for (const std::string& warning : report.warnings) warnings.push(warning);
  return document_head("up")
      .set("foundation", foundation.name)
      .set("done", report.done)
      .set("not_tried", report.skipped)
      .set("took_ms", report.took_ms)
      .set("failures", std::move(failures))
      .set("warnings", std::move(warnings));
}

void show_warnings(const std::vector<std::string>& warnings, Output& output) {
  for (const std::string& warning : warnings) output.note("keelson: warning: " + warning + "; keelson doctor says more");
}

void show_success(const Foundation& foundation, const ApplyReport& report, Output& output) {
  const std::string seconds = fmt::format("{:.1f}", static_cast<double>(report.took_ms) / 1000);
  if (report.done == 0) return output.print(foundation.name + " stands as the blueprint says; nothing to do.\n");
  output.print(fmt::format("{} stands: {} {} in {} s.\n", foundation.name, report.done, report.done == 1 ? "step" : "steps", seconds));
  output.print(short_sheet(foundation, output));
  output.print(next_commands(foundation));
}

}  // namespace

int bring_up(Pipeline& pipeline, const Common& common, Output& output) {
  const Foundation& foundation = pipeline.foundation();
  auto listener = make_listener(common.progress, output);
  auto report = pipeline.up(*listener);
  listener.reset();  // the live list is drawn to its end before anything else is said
  if (!report) return output.errors(report.error());
  if (output.structured()) output.document(report_json(foundation, *report));
  if (!report->failures.empty()) {
    const int code = output.errors(report->failures);
    output.note(fmt::format("keelson: {} of {} steps failed, {} not tried; `keelson up` goes on from here", report->failures.size(),
                            report->failures.size() + static_cast<std::size_t>(report->done + report->skipped), report->skipped));
    return code;
  }
  if (!output.structured()) show_success(foundation, *report, output);
  show_warnings(report->warnings, output);
  return 0;
}

int run(const UpOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) return output.errors(pipeline.error());
  if (options.listing == PlanListing::first) {
    const auto plan = (*pipeline)->plan();
    if (!plan) return output.errors(plan.error());
    output.note(plan_text((*pipeline)->foundation(), *plan));
  }
  return bring_up(**pipeline, options.common, output);
}

int run(const PlanOptions& options, Output& output) {
  auto pipeline = open_wanted(options.common, output);
  if (!pipeline) {
    const int code = output.errors(pipeline.error());
    return options.detailed_exitcode ? 1 : code;
  }
  const auto plan = (*pipeline)->plan();
  if (!plan) {
    const int code = output.errors(plan.error());
    return options.detailed_exitcode ? 1 : code;
  }
  if (output.structured()) {
    Json document = document_head("plan");
    const Json body = plan_json((*pipeline)->foundation(), *plan);
    for (const auto& [key, value] : body.members())
      if (key != "schema") document.set(key, value);
    output.document(document);
  } else {
    output.print(plan_text((*pipeline)->foundation(), *plan) + "\n");
    show_warnings(plan->warnings, output);
  }
  return options.detailed_exitcode && !plan->empty() ? 2 : 0;
}

}  // namespace keelson::cli
