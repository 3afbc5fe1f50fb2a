#include "verify/parity.h"

#include <algorithm>
#include <array>

#include "verify/verify.h"

namespace keelson {
namespace {

constexpr std::array<std::string_view, 3> kRuntimes{"native", "compose", "kubernetes"};
constexpr std::array<std::string_view, 4> kWords{"kept", "not applicable", "not kept", "not tried"};

ParityCell cell_of(const Json& check) {
  const std::string& state = check["state"].as_string();
  const std::string& why = check["evidence"].as_string();
  if (state == name(CheckState::pass)) return {ParityCell::Kept::yes, {}};
  if (state == name(CheckState::skip)) return {ParityCell::Kept::not_applicable, why};
  return {ParityCell::Kept::no, why};
}

/// The last report of each runtime.
Result<std::map<std::string, const Json*>> last_of_each(const std::vector<Json>& reports) {
  std::map<std::string, const Json*> out;
  for (const Json& report : reports) {
    const std::string& runtime = report["runtime"].as_string();
    if (report["schema"].as_string() != "keelson.verify/v1" || std::find(kRuntimes.begin(), kRuntimes.end(), runtime) == kRuntimes.end())
      return fail_as(ErrorCode::usage, "not a report of verify", report["foundation"].as_string(), "its schema is '" + report["schema"].as_string() + "', its runtime '" + runtime + "'",
                     "make one: keelson verify -o json > FILE");
    const Json*& last = out[runtime];
    if (last == nullptr || (*last)["observed_at"].as_string() < report["observed_at"].as_string()) last = &report;
  }
  return out;
}

}  // namespace

std::string_view word(ParityCell::Kept kept) { return kWords[static_cast<std::size_t>(kept)]; }

bool Parity::has_gap() const {
  return std::any_of(rows.begin(), rows.end(), [](const ParityRow& row) {
    return std::any_of(row.cells.begin(), row.cells.end(), [](const auto& cell) { return cell.second.kept == ParityCell::Kept::no || cell.second.kept == ParityCell::Kept::not_tried; });
  });
}

Result<Parity> parity_of(const std::vector<Json>& reports) {
  KEELSON_TRY(const auto last, last_of_each(reports));
  Parity out;
  for (const std::string_view runtime : kRuntimes)
    if (const auto found = last.find(std::string(runtime)); found != last.end()) {
      out.runtimes.push_back(found->first);
      out.observed_at[found->first] = (*found->second)["observed_at"].as_string();
    }
  for (const Check& check : all_checks()) {
    ParityRow row{std::string(check.id), std::string(check.title)};
    for (const auto& [runtime, report] : last) {
      const auto& checks = (*report)["checks"].items();
      const auto tried = std::find_if(checks.begin(), checks.end(), [&](const Json& one) { return one["id"].as_string() == check.id; });
      row.cells[runtime] = tried == checks.end() ? ParityCell{} : cell_of(*tried);
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

Json parity_json(const Parity& parity) {
  Json runtimes = Json::array(), promises = Json::array();
  for (const std::string& runtime : parity.runtimes) runtimes.push(Json::object().set("name", runtime).set("observed_at", parity.observed_at.at(runtime)));
  for (const ParityRow& row : parity.rows) {
    Json cells = Json::object();
    for (const std::string& runtime : parity.runtimes) {
      const ParityCell& cell = row.cells.at(runtime);
      cells.set(runtime, Json::object().set("kept", word(cell.kept)).set("why", cell.why));
    }
    promises.push(Json::object().set("id", row.id).set("title", row.title).set("runtimes", std::move(cells)));
  }
  return Json::object().set("schema", "keelson.parity/v1").set("runtimes", std::move(runtimes)).set("promises", std::move(promises));
}

std::string parity_markdown(const Parity& parity) {
  std::string out = "| promise | |", line = "|---|---|", notes;
  int number = 0;
  for (const std::string& runtime : parity.runtimes) out += " " + runtime + " |", line += "---|";
  out += "\n" + line + "\n";
  for (const ParityRow& row : parity.rows) {
    out += "| " + row.id + " | " + row.title + " |";
    for (const std::string& runtime : parity.runtimes) {
      const ParityCell& cell = row.cells.at(runtime);
      out += " " + std::string(word(cell.kept));
      if (!cell.why.empty()) {
        out += " (" + std::to_string(++number) + ")";
        notes += std::to_string(number) + ". " + row.id + " on " + runtime + ": " + cell.why + "\n";
      }
      out += " |";
    }
    out += "\n";
  }
  return out + (notes.empty() ? "" : "\n" + notes);
}

}  // namespace keelson
