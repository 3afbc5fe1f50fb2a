#include "cli/explain.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/units.h"
#include "blueprint/top_level.h"

namespace keelson::cli {
namespace {

constexpr std::array<std::string_view, 12> kTypes{"true or false", "whole number", "size (512Mi)", "duration (30s)", "text", "DNS label", "database identifier",
                                                  "one of", "schedule (cron)", "mapping", "list", "mapping of text"};
static_assert(kTypes.size() == static_cast<std::size_t>(SettingType::map) + 1, "one phrase per SettingType, in the order of the enum");
constexpr std::array<std::string_view, 4> kApplies{"live", "reload", "restart", "rebuild"};
static_assert(kApplies.size() == static_cast<std::size_t>(Applies::rebuild) + 1, "one word per Applies, in the order of the enum");

/// What a subject names: a kind, and in it the row at the end of the path; or a field of the blueprint beside its components.
struct Subject {
  const Kind* kind = nullptr;  ///< null: the row is beside the components
  const Setting* setting = nullptr;
};

Result<Subject> find(Catalog catalog, const std::string& subject) {
  const std::size_t dot = subject.find('.');
  const std::string kind_name = subject.substr(0, dot);
  const Kind* kind = find_kind(catalog, kind_name);
  const bool beside_components = std::any_of(std::begin(kTopFields), std::end(kTopFields), [&](const Setting& row) { return row.name == kind_name; });
  if (kind == nullptr && !beside_components) {
    std::vector<std::string> kinds;
    for (const Kind* known : catalog) kinds.emplace_back(known->name);
    for (const Setting& row : kTopFields) kinds.emplace_back(row.name);
    const std::string near = nearest(kind_name, kinds);
    return fail_as(ErrorCode::usage, "no kind '" + kind_name + "'", {}, {}, near.empty() ? "`keelson explain` lists them" : "did you mean '" + near + "'?");
  }
  Subject found{kind, nullptr};
  std::span<const Setting> table = kind != nullptr ? kind->settings : std::span<const Setting>(kTopFields);
  for (std::size_t from = kind != nullptr ? dot : 0; from != std::string::npos;) {
    const std::size_t begin = kind == nullptr && from == 0 ? 0 : from + 1;
    const std::size_t end = subject.find('.', begin);
    const std::string name = subject.substr(begin, end == std::string::npos ? end : end - begin);
    const Setting* row = nullptr;
    std::vector<std::string> names;
    for (const Setting& candidate : table) {
      names.emplace_back(candidate.name);
      if (candidate.name == name) row = &candidate;
    }
    if (row == nullptr) {
      const std::string near = nearest(name, names);
      const std::string path = subject.substr(0, from);
      return fail_as(ErrorCode::usage, path + " has no setting '" + name + "'", {}, {}, near.empty() ? "see `keelson explain " + path + "`" : "did you mean '" + near + "'?");
    }
    found.setting = row;
    table = row->fields;
    from = end;
  }
  return found;
}

std::string type_of(const Setting& row) {
  if (row.type != SettingType::choice) return std::string(kTypes[static_cast<std::size_t>(row.type)]);
  std::string words(row.choices);
  for (std::size_t bar; (bar = words.find('|')) != std::string::npos;) words.replace(bar, 1, ", ");
  return "one of " + words;
}

std::string bound(const Setting& row, std::int64_t value) {
  if (row.type == SettingType::bytes) return format_bytes(value);
  if (row.type == SettingType::duration) return format_duration_ms(value);
  return std::to_string(value);
}

void add_row(std::string& out, const Setting& row, const std::string& indent) {
  out += indent + std::string(row.name) + ": " + type_of(row);
  if (row.minimum) out += ", at least " + bound(row, *row.minimum);
  if (row.maximum) out += ", at most " + bound(row, *row.maximum);
  if (row.required) out += ", required";
  if (!row.default_value.empty() && !row.secret) out += ", default " + std::string(row.default_value);
  out += "\n";
  if (!row.doc.empty()) out += indent + "    " + std::string(row.doc) + "\n";
  for (const Setting& field : row.fields) add_row(out, field, indent + "  ");
}

Json row_json(const Setting& row) {
  Json json = Json::object().set("name", Json(row.name)).set("type", type_of(row)).set("doc", Json(row.doc)).set("required", row.required);
  if (!row.default_value.empty() && !row.secret) json.set("default", Json(row.default_value));
  if (row.minimum) json.set("minimum", *row.minimum);
  if (row.maximum) json.set("maximum", *row.maximum);
  json.set("applies", Json(kApplies[static_cast<std::size_t>(row.applies)])).set("secret", row.secret);
  if (row.fields.empty()) return json;
  Json fields = Json::array();
  for (const Setting& field : row.fields) fields.push(row_json(field));
  return json.set("fields", std::move(fields));
}

std::string kind_text(const Kind& kind) {
  std::string out = std::string(kind.name) + ": " + std::string(kind.summary) + "\n";
  if (!kind.in_blueprint) out += "It comes with other components; a blueprint does not name it.\n";
  if (!kind.ports.empty()) out += "\nPorts:\n";
  for (const Port& port : kind.ports) out += "  " + std::to_string(port.number) + "  " + std::string(port.name) + ": " + std::string(port.purpose) + "\n";
  if (!kind.settings.empty()) out += "\nSettings:\n";
  for (const Setting& row : kind.settings) add_row(out, row, "  ");
  return out;
}

Json kind_json(const Kind& kind) {
  Json ports = Json::array();
  for (const Port& port : kind.ports) ports.push(Json::object().set("name", Json(port.name)).set("number", port.number).set("purpose", Json(port.purpose)));
  Json settings = Json::array();
  for (const Setting& row : kind.settings) settings.push(row_json(row));
  return Json::object().set("name", Json(kind.name)).set("summary", Json(kind.summary)).set("in_blueprint", kind.in_blueprint).set("ports", std::move(ports)).set("settings", std::move(settings));
}

}  // namespace

Result<std::string> explain_text(Catalog catalog, const std::string& subject) {
  if (subject.empty()) {
    std::string out;
    for (const Kind* kind : catalog) out += std::string(kind->name) + std::string(kind->name.size() < 14 ? 14 - kind->name.size() : 1, ' ') + std::string(kind->summary) + "\n";
    return out;
  }
  KEELSON_TRY(const Subject found, find(catalog, subject));
  if (found.setting == nullptr) return kind_text(*found.kind);
  std::string out;
  add_row(out, *found.setting, "");
  if (found.kind == nullptr) return out;
  return out + "A change of it counts " + (found.setting->applies == Applies::live      ? "at once, while the engine runs"
                                           : found.setting->applies == Applies::reload  ? "when the engine reads its files again; no restart"
                                           : found.setting->applies == Applies::restart ? "after a restart of the member"
                                                                                        : "only for data made anew") + ".\n";
}

Result<Json> explain_json(Catalog catalog, const std::string& subject) {
  if (subject.empty()) {
    Json kinds = Json::array();
    for (const Kind* kind : catalog) kinds.push(kind_json(*kind));
    return Json::object().set("kinds", std::move(kinds));
  }
  KEELSON_TRY(const Subject found, find(catalog, subject));
  if (found.setting == nullptr) return Json::object().set("kind", kind_json(*found.kind));
  return Json::object().set("setting", row_json(*found.setting));
}

}  // namespace keelson::cli
