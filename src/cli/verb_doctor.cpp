#include <algorithm>

#include "cli/opening.h"
#include "cli/preflight.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace keelson::cli {
namespace {

void judge_data(Pipeline& pipeline, std::vector<Finding>& findings) {
  const Errors unfit = pipeline.runtime().preflight(pipeline.foundation());
  if (unfit.empty()) findings.push_back({"data", Verdict::ok, "nothing foreign where the foundation's data belongs"});
  for (const Error& problem : unfit)
    findings.push_back({"data", Verdict::fail, problem.where + " " + problem.what + (problem.why.empty() ? "" : ": " + problem.why), problem.next});
}

void judge_foundation(Pipeline& pipeline, std::vector<Finding>& findings) {
  std::vector<Finding> place = pipeline.runtime().fitness(pipeline.foundation());
  if (!place.empty()) {
    findings = std::move(place);  // where it stands elsewhere, this machine's size, addresses and kernel say nothing of it
    return judge_data(pipeline, findings);
  }
  if (const auto machine = this_machine(pipeline.state_dir())) {
    for (Finding& finding : judge_size(demand_of(pipeline.foundation()), *machine)) findings.push_back(std::move(finding));
  } else {
    findings.push_back({"size", Verdict::warn, describe(machine.error())});
  }
  judge_data(pipeline, findings);
  std::vector<int> ours;
  if (const auto instances = pipeline.runtime().status())
    for (const InstanceStatus& instance : *instances) ours.insert(ours.end(), instance.pids.begin(), instance.pids.end());
  for (Finding& finding : judge_addresses(wanted_addresses(pipeline.foundation()), listeners(), ours)) findings.push_back(std::move(finding));
}

Verdict worst_of(const std::vector<Finding>& findings) {
  Verdict worst = Verdict::ok;
  for (const Finding& finding : findings) worst = std::max(worst, finding.verdict);
  return worst;
}

Json findings_json(const std::vector<Finding>& findings, const std::string& foundation) {
  Json checks = Json::array();
  for (const Finding& finding : findings)
    checks.push(Json::object().set("name", finding.name).set("state", Json(name(finding.verdict))).set("evidence", finding.evidence).set("next", finding.next));
  Json document = document_head("doctor");
  if (!foundation.empty()) document.set("foundation", foundation);
  return document.set("state", Json(name(worst_of(findings)))).set("checks", std::move(checks));
}

void print_findings(const std::vector<Finding>& findings, Output& output) {
  Table table({"CHECK", "STATE", "SEEN"});
  for (const Finding& finding : findings)
    table.row({finding.name, Cell(std::string(name(finding.verdict)), colour_of(name(finding.verdict))), finding.evidence});
  output.print(table.text(output));
  for (const Finding& finding : findings)
    if (!finding.next.empty()) output.print("\n" + finding.name + ": " + finding.evidence + "\n  next: " + finding.next + "\n");
}

}  // namespace

int run(const DoctorOptions& options, Output& output) {
  std::vector<Finding> findings = inspect_machine();
  std::string foundation;
  auto pipeline = open_wanted(options.common, output);
  const bool asked_for_one = !options.common.request.files.empty() || !options.common.request.foundation.empty();
  if (pipeline) {
    foundation = (*pipeline)->foundation().name;
    judge_foundation(**pipeline, findings);
  } else if (asked_for_one || pipeline.error().front().code == ErrorCode::invalid_blueprint) {
    return output.errors(pipeline.error());
  } else {
    output.note("keelson: no blueprint here, so only the machine was looked at (-f FILE for more)");
  }
  if (output.structured()) output.document(findings_json(findings, foundation));
  else print_findings(findings, output);
  return worst_of(findings) == Verdict::fail ? exit_code(ErrorCode::preflight_refused) : 0;
}

}  // namespace keelson::cli
