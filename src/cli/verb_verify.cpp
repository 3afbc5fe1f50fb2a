#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/units.h"
#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "state/lock.h"
#include "system/files.h"
#include "verify/report.h"
#include "verify/sabotage.h"
#include "verify/verify.h"

namespace keelson::cli {
namespace {

int list_checks(Output& output) {
  Json list = Json::array();
  Table table({"ID", "PROMISE"});
  for (const Check& check : all_checks()) {
    list.push(Json::object().set("id", Json(check.id)).set("title", Json(check.title)));
    table.row({std::string(check.id), std::string(check.title)});
  }
  if (output.structured()) output.document(document_head("checks").set("checks", std::move(list)));
  else output.print(table.text(output));
  return 0;
}

/// The first id that no check has.
Result<void> all_known(const std::vector<std::string>& only) {
  std::vector<std::string> known;
  for (const Check& check : all_checks()) known.emplace_back(check.id);
  for (const std::string& id : only) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    const std::string near = nearest(id, known);
    return fail_as(ErrorCode::usage, "no check '" + id + "'", {}, {}, near.empty() ? "`keelson verify --list` lists them" : "did you mean '" + near + "'?");
  }
  return {};
}

void print_result(const CheckResult& result, Output& output) {
  const std::string state(name(result.state));
  output.print(result.id + std::string(result.id.size() < 6 ? 6 - result.id.size() : 1, ' ') +
               output.coloured(state, colour_of(state)) + std::string(state.size() < 9 ? 9 - state.size() : 1, ' ') +
               fmt::format("{:6.1f}s  ", static_cast<double>(result.took_ms) / 1000) + result.title + "\n");
  const bool pass = result.state == CheckState::pass;
  if (!result.evidence.empty() && (!pass || output.format() == Format::wide)) output.print("      " + result.evidence + "\n");
  if (!pass && !result.next.empty()) output.print("      next: " + result.next + "\n");
}

std::string summary(const std::vector<CheckResult>& results) {
  std::string out;
  for (CheckState state : {CheckState::pass, CheckState::fail, CheckState::unproven, CheckState::skip}) {
    const auto count = std::count_if(results.begin(), results.end(), [&](const CheckResult& r) { return r.state == state; });
    if (count > 0 || state == CheckState::pass) out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(name(state));
  }
  return out;
}

void print_sabotage(const SabotageResult& result, Output& output) {
  const std::string state(name(result.state));
  output.print(fmt::format("{:<6} ", result.id) + output.coloured(state, colour_of(state)) + fmt::format("{:>{}}{:6.1f}s  {}\n", "", 9 - state.size(), static_cast<double>(result.took_ms) / 1000, result.what));
  if (!result.evidence.empty() && result.state != CheckState::pass) output.print("      " + result.evidence + "\n");
}

/// For `parity`. Who may look at a foundation only may verify it all the same.
void keep(const std::string& state_dir, const Json& report) {
  RealFiles real_files;
  Files& files = real_files;
  static_cast<void>(files.write(report_file(state_dir), report.dump(2) + "\n", 0600));
}

/// Each check is broken on purpose. Exits as the checks do: 6 when one did not go red, or did not go green again.
int run_sabotages(const VerifyOptions& options, CheckContext& context, Output& output) {
  // Nobody may bring the foundation up, or down, while it is damaged on purpose.
  const auto lock = state::Lock::take(context.state_dir, options.common.request.command);
  if (!lock) return output.error(lock.error());
  const bool people = !output.structured();
  SabotageListener listener;
  listener.progress = [&](const std::string& doing) { output.note("keelson: " + doing); };
  listener.done = [&](const SabotageResult& result) {
    if (people) print_sabotage(result, output);
  };
  const bool all = options.sabotage.size() == 1 && options.sabotage.front() == "all";
  const auto results = run_sabotage(context, all ? std::vector<std::string>{} : options.sabotage, listener);
  if (!results) return output.error(results.error());
  const Json head = document_head("sabotage");
  if (!people) output.document(sabotage_json(context.foundation.name, head["observed_at"].as_string(), *results));
  const bool broken = std::any_of(results->begin(), results->end(), [](const SabotageResult& r) { return r.state == CheckState::fail; });
  return broken ? exit_code(ErrorCode::check_failed) : 0;
}

}  // namespace

int run(const VerifyOptions& options, Output& output) {
  if (options.list) return list_checks(output);
  if (auto known = all_known(options.only); !known) return output.error(known.error());
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const Foundation& foundation = (*pipeline)->foundation();
  CheckContext context{foundation, (*pipeline)->runtime(), (*pipeline)->state_dir()};
  if (!options.sabotage.empty()) return run_sabotages(options, context, output);
  if (context.runtime.clients_are_inside()) output.note("keelson: a client inside the foundation's network is asked");
  const bool people = output.format() == Format::table || output.format() == Format::wide;
  const auto results = verify(context, options.only, [&](const CheckResult& result) {
    if (people) print_result(result, output);
    else output.note("keelson: " + result.id + " " + std::string(name(result.state)));
  });
  const Json head = document_head("verify");
  const std::string observed_at = head["observed_at"].as_string();
  const Json report = verify_json(foundation.name, context.runtime.name(), observed_at, results);
  if (options.only.empty()) keep(context.state_dir, report);
  if (options.common.format == Format::junit) output.print(verify_junit(foundation.name, observed_at, results));
  else if (output.structured()) output.document(report);
  else output.print("\n" + summary(results) + "\n");
  const bool broken = std::any_of(results.begin(), results.end(), [](const CheckResult& r) { return r.state == CheckState::fail || r.state == CheckState::unproven; });
  return broken ? exit_code(ErrorCode::check_failed) : 0;
}

}  // namespace keelson::cli
