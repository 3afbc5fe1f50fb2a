#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/pipeline.h"
#include "system/files.h"
#include "verify/parity.h"
#include "verify/report.h"

namespace keelson::cli {
namespace {

constexpr std::size_t kLongestReport = 4 << 20;

Result<Json> report_in(const std::string& path) {
  RealFiles real_files;
  Files& files = real_files;
  KEELSON_TRY(const std::string text, files.read(path, kLongestReport));
  auto json = parse_json(text);
  if (!json) return fail_as(ErrorCode::usage, "not a report of verify", path, json.error().what, "make one: keelson verify -o json > FILE");
  return std::move(*json);
}

/// What the last whole `verify` of each foundation on this machine said.
Result<std::vector<Json>> kept_reports() {
  KEELSON_TRY(const std::vector<KnownFoundation> known, known_foundations());
  std::vector<Json> out;
  for (const KnownFoundation& foundation : known)
    if (auto report = report_in(report_file(foundation.state_dir))) out.push_back(std::move(*report));
  return out;
}

Result<Parity> parity(const ParityOptions& options) {
  std::vector<Json> reports;
  for (const std::string& path : options.reports) {
    KEELSON_TRY(Json report, report_in(path));
    reports.push_back(std::move(report));
  }
  if (options.reports.empty()) {
    KEELSON_TRY(reports, kept_reports());
  }
  if (reports.empty())
    return fail_as(ErrorCode::preflight_refused, "there is nothing to compare", {}, "no foundation here has been verified as a whole", "keelson verify, on each runtime; or name reports: keelson parity FILE…");
  return parity_of(reports);
}

Colour colour_of(ParityCell::Kept kept) {
  switch (kept) {
    case ParityCell::Kept::yes: return Colour::green;
    case ParityCell::Kept::no: return Colour::red;
    case ParityCell::Kept::not_applicable: case ParityCell::Kept::not_tried: return Colour::yellow;
  }
  return Colour::none;
}

void print(const Parity& parity, Output& output) {
  std::vector<std::string> headings{"ID", "PROMISE"};
  for (const std::string& runtime : parity.runtimes) headings.push_back(runtime);
  Table table(headings);
  std::string reasons;
  for (const ParityRow& row : parity.rows) {
    std::vector<Cell> cells{row.id, row.title};
    for (const std::string& runtime : parity.runtimes) {
      const ParityCell& cell = row.cells.at(runtime);
      cells.emplace_back(std::string(word(cell.kept)), colour_of(cell.kept));
      if (!cell.why.empty()) reasons += row.id + " on " + runtime + ": " + cell.why + "\n";
    }
    table.row(std::move(cells));
  }
  output.print(table.text(output) + (reasons.empty() ? "" : "\n" + reasons));
}

}  // namespace

int run(const ParityOptions& options, Output& output) {
  const auto found = parity(options);
  if (!found) return output.error(found.error());
  if (options.markdown) output.print(parity_markdown(*found));
  else if (output.structured()) output.document(parity_json(*found));
  else print(*found, output);
  return 0;
}

}  // namespace keelson::cli
