#include "cli/opening.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "pipeline/health.h"
#include "system/clock.h"

namespace keelson::cli {
namespace {

Cell state_cell(const std::string& state) { return Cell(state, colour_of(state)); }

Json stamped(std::string_view schema, const Json& body) {
  Json document = document_head(schema);
  for (const auto& [key, value] : body.members()) document.set(key, value);
  return document;
}

std::string pids_of(const Json& member) {
  std::string out;
  for (const Json& pid : member["pids"].items()) out += (out.empty() ? "" : ",") + std::to_string(pid.as_int());
  return out;
}

void print_status(const Json& status, Output& output) {
  output.print(status["foundation"].as_string() + ": " + output.coloured(status["state"].as_string(), colour_of(status["state"].as_string())) + "\n\n");
  const bool wide = output.format() == Format::wide;
  std::vector<std::string> headings{"COMPONENT", "MEMBER", "ROLE", "STATE", "ADDRESS"};
  if (wide) headings.push_back("PIDS");
  Table members(headings);
  for (const Json& component : status["components"].items())
    for (const Json& member : component["members"].items()) {
      std::vector<Cell> row{component["name"].as_string(), member["name"].as_string(), member["role"].as_string(),
                            state_cell(member["state"].as_string()), member["address"].as_string()};
      if (wide) row.emplace_back(pids_of(member));
      members.row(std::move(row));
    }
  output.print(members.text(output));
  Table endpoints({"ENDPOINT", "ADDRESS", "STATE"});
  for (const Json& endpoint : status["endpoints"].items())
    endpoints.row({endpoint["name"].as_string(), endpoint["address"].as_string() + ":" + std::to_string(endpoint["port"].as_int()),
                   state_cell(endpoint["state"].as_string())});
  if (!endpoints.empty()) output.print("\n" + endpoints.text(output));
}

void show(const Json& status, Output& output) {
  if (output.structured()) output.document(stamped("status", status));
  else print_status(status, output);
}

std::string_view word_of(Life life) {
  switch (life) {
    case Life::absent: return "absent";
    case Life::stopped: return "stopped";
    case Life::starting: return "starting";
    case Life::running: return "running";
    case Life::ready: return "ready";
    case Life::stopping: return "stopping";
    case Life::failed: return "failed";
  }
  return "unknown";
}

Json instance_json(const InstanceStatus& instance) {
  Json pids = Json::array();
  for (int pid : instance.pids) pids.push(pid);
  Json row = Json::object().set("name", instance.name).set("state", Json(word_of(instance.life))).set("role", instance.role).set("pids", std::move(pids));
  row.set("started_at", instance.started_ms == 0 ? Json() : Json(rfc3339(instance.started_ms)));
  return row.set("restarts", instance.restarts).set("detail", instance.detail);
}

/// "3m", "2h": how long ago, in its largest unit.
std::string age_of(const InstanceStatus& instance, std::int64_t now_ms) {
  if (instance.started_ms == 0) return {};
  const std::int64_t seconds = std::max<std::int64_t>(0, (now_ms - instance.started_ms) / 1000);
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 2 * 86'400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86'400) + "d";
}

}  // namespace

int run(const StatusOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const Foundation& foundation = (*pipeline)->foundation();
  const auto instances = (*pipeline)->runtime().status();
  if (!instances) {
    // Still one document for whoever reads it: its states say that nobody knows.
    if (instances.error().code == ErrorCode::not_running) show(unknown_status_json(foundation), output);
    return output.error(instances.error());
  }
  const Json status = status_json(foundation, *instances);
  show(status, output);
  return is_healthy(status) ? 0 : exit_code(ErrorCode::not_healthy);
}

int run(const PsOptions& options, Output& output) {
  auto pipeline = open_standing(options.common);
  if (!pipeline) return output.errors(pipeline.error());
  const auto instances = (*pipeline)->runtime().status();
  if (!instances) return output.error(instances.error());
  if (output.structured()) {
    Json list = Json::array();
    for (const InstanceStatus& instance : *instances) list.push(instance_json(instance));
    output.document(document_head("ps").set("foundation", (*pipeline)->foundation().name).set("instances", std::move(list)));
    return 0;
  }
  const std::int64_t now = RealClock().wall_ms();
  Table table({"INSTANCE", "STATE", "ROLE", "AGE", "RESTARTS", "PIDS", "DETAIL"});
  for (const InstanceStatus& instance : *instances) {
    std::string pids;
    const std::size_t shown = output.format() == Format::wide ? instance.pids.size() : std::min<std::size_t>(instance.pids.size(), 3);
    for (std::size_t i = 0; i < shown; ++i) pids += (pids.empty() ? "" : ",") + std::to_string(instance.pids[i]);
    if (shown < instance.pids.size()) pids += ",+" + std::to_string(instance.pids.size() - shown);
    table.row({instance.name, Cell(std::string(word_of(instance.life)), colour_of(word_of(instance.life))), instance.role, age_of(instance, now),
               std::to_string(instance.restarts), pids, instance.detail});
  }
  output.print(table.text(output));
  return 0;
}

}  // namespace keelson::cli
