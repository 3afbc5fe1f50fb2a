#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/units.h"
#include "blueprint/blueprint.h"
#include "blueprint/read_settings.h"
#include "blueprint/top_level.h"

namespace keelson {
namespace {

constexpr const char* kLabelPattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";
constexpr const char* kSizePattern = "^(0|[1-9][0-9]*)(B|Ki|Mi|Gi|Ti|k|M|G|T)?$";
constexpr const char* kDurationPattern = "^(0|[1-9][0-9]*)(ms|s|m|h|d)$";

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 18 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Json integer(std::string_view digits) { return Json(static_cast<std::int64_t>(std::stoll(std::string(digits)))); }

/// The setting's doc with what JSON Schema cannot say of sizes and durations: their bounds.
std::string description(const Setting& setting) {
  std::string text(setting.doc);
  const bool size = setting.type == SettingType::bytes, duration = setting.type == SettingType::duration;
  if (!size && !duration) return text;
  const auto show = size ? format_bytes : format_duration_ms;
  if (setting.minimum) text += fmt::format("{}At least {}.", text.empty() ? "" : " ", show(*setting.minimum));
  if (setting.maximum) text += fmt::format("{}At most {}.", text.empty() ? "" : " ", show(*setting.maximum));
  return text;
}

Json default_of(const Setting& setting) {
  if (setting.type == SettingType::boolean) return Json(setting.default_value == "true");
  if (setting.type == SettingType::list) return Json::array();
  if (setting.type == SettingType::integer && is_number(setting.default_value)) return integer(setting.default_value);
  return Json(setting.default_value);
}

void set_bounds(Json& schema, const Setting& setting) {
  if (setting.minimum) schema.set("minimum", *setting.minimum);
  if (setting.maximum) schema.set("maximum", *setting.maximum);
}

Json choices_of(const Setting& setting) {
  Json list = Json::array();
  std::string_view rest = setting.choices;
  while (true) {
    const std::size_t bar = rest.find('|');
    const std::string_view choice = rest.substr(0, bar);
    list.push(choice);
    if (is_number(choice)) list.push(integer(choice));  // `version: 15` is a number to an editor
    if (bar == std::string_view::npos) return list;
    rest.remove_prefix(bar + 1);
  }
}

Json mapping_schema(std::span<const Setting> table, Completeness completeness);

Json items_schema(const Setting& setting) {
  if (setting.fields.empty()) return Json::object().set("type", "string");
  return mapping_schema(setting.fields, Completeness::complete);
}

/// Type, pattern and bounds of one setting.
Json shape_schema(const Setting& setting, Completeness completeness) {
  Json schema = Json::object();
  switch (setting.type) {
    case SettingType::boolean: schema.set("type", "boolean"); break;
    case SettingType::integer: schema.set("type", "integer"); set_bounds(schema, setting); break;
    case SettingType::bytes:  // bounds count for the form without a unit, the pattern for the form with one
      schema.set("type", Json::array().push("string").push("integer")).set("pattern", kSizePattern);
      set_bounds(schema, setting);
      break;
    case SettingType::duration: schema.set("type", "string").set("pattern", kDurationPattern); break;
    case SettingType::text: schema.set("type", "string"); break;
    case SettingType::name: schema.set("type", "string").set("pattern", kLabelPattern); break;
    case SettingType::identifier: schema.set("type", "string").set("pattern", "^[a-z_][a-z0-9_]{0,62}$"); break;
    case SettingType::choice: schema.set("enum", choices_of(setting)); break;
    case SettingType::schedule: schema.set("type", "string").set("pattern", "^\\S+ \\S+ \\S+ \\S+ \\S+$"); break;
    case SettingType::object: return mapping_schema(setting.fields, completeness);
    case SettingType::list: schema.set("type", "array").set("items", items_schema(setting)); break;
    case SettingType::map:
      schema.set("type", "object").set("additionalProperties", Json::object().set("type", "string"));
      break;
  }
  return schema;
}

Json setting_schema(const Setting& setting, Completeness completeness) {
  Json schema = shape_schema(setting, completeness);
  if (const std::string text = description(setting); !text.empty()) schema.set("description", text);
  if (!setting.default_value.empty() && !setting.secret) schema.set("default", default_of(setting));
  if (setting.secret) schema.set("writeOnly", true);
  return schema;
}

Json mapping_schema(std::span<const Setting> table, Completeness completeness) {
  Json properties = Json::object(), required = Json::array();
  for (const Setting& setting : table) {
    properties.set(std::string(setting.name), setting_schema(setting, completeness));
    if (setting.required) required.push(setting.name);
  }
  Json schema = Json::object().set("type", "object").set("properties", properties);
  if (completeness == Completeness::complete && !required.items().empty()) schema.set("required", required);
  return schema.set("additionalProperties", false);
}

std::string definition(std::string_view name, Completeness completeness) {
  return std::string(name) + (completeness == Completeness::partial ? ".partial" : "");
}

Json reference(const std::string& name) { return Json::object().set("$ref", "#/$defs/" + name); }

/// One component of that kind. `redis:` with nothing behind it is a mapping of defaults, where nothing is required.
Json kind_schema(const Kind& kind, Completeness completeness) {
  Json schema = mapping_schema(kind.settings, completeness);
  Json properties = Json::object().set("kind", Json::object().set("const", kind.name).set("description", "The kind, where the component has a name of its own."));
  for (const auto& [name, property] : schema["properties"].members()) properties.set(name, property);
  schema.set("properties", properties);
  if (!schema.has("required")) schema.set("type", Json::array().push("object").push("null"));
  return schema.set("description", kind.summary);
}

/// A component whose `kind:` decides.
Json by_kind_schema(Catalog catalog, Completeness completeness) {
  Json names = Json::array(), cases = Json::array();
  for (const Kind* kind : catalog) {
    if (!kind->in_blueprint) continue;
    names.push(kind->name);
    const Json says = Json::object().set("required", Json::array().push("kind"))
                          .set("properties", Json::object().set("kind", Json::object().set("const", kind->name)));
    cases.push(Json::object().set("if", says).set("then", reference(definition("kind." + std::string(kind->name), completeness))));
  }
  Json schema = Json::object().set("properties", Json::object().set("kind", Json::object().set("enum", names)));
  // In a profile the kind may be said by the entry it lies over.
  if (completeness == Completeness::complete) schema.set("type", "object").set("required", Json::array().push("kind"));
  else schema.set("type", Json::array().push("object").push("null"));
  return schema.set("allOf", cases);
}

Json components_schema(Catalog catalog, Completeness completeness) {
  const Json by_kind = reference(definition("component", completeness));
  const Json says_kind = Json::object().set("type", "object").set("required", Json::array().push("kind"));
  Json properties = Json::object();
  for (const Kind* kind : catalog) {
    if (!kind->in_blueprint) continue;
    properties.set(std::string(kind->name), Json::object().set("description", kind->summary).set("if", says_kind).set("then", by_kind)
                       .set("else", reference(definition("kind." + std::string(kind->name), completeness))));
  }
  return Json::object().set("type", "object").set("description", "What this foundation consists of: a kind's name, or a name of your own with `kind:`.")
      .set("propertyNames", Json::object().set("pattern", kLabelPattern)).set("properties", properties).set("additionalProperties", by_kind);
}

Json profile_schema() {
  Json schema = mapping_schema(kProfileFields, Completeness::partial);
  Json properties = schema["properties"];
  properties.set("components", reference("components.partial"));
  return schema.set("properties", properties).set("type", Json::array().push("object").push("null"));
}

Json definitions(Catalog catalog) {
  Json defs = Json::object();
  for (const Completeness completeness : {Completeness::complete, Completeness::partial}) {
    defs.set(definition("components", completeness), components_schema(catalog, completeness));
    defs.set(definition("component", completeness), by_kind_schema(catalog, completeness));
    for (const Kind* kind : catalog)
      if (kind->in_blueprint) defs.set(definition("kind." + std::string(kind->name), completeness), kind_schema(*kind, completeness));
  }
  return defs.set("profile", profile_schema());
}

}  // namespace

std::string blueprint_schema(Catalog catalog) {
  const Json top = mapping_schema(kTopFields, Completeness::complete);
  Json properties = top["properties"];
  properties.set("profiles", Json::object().set("type", "object")
      .set("description", "Variants of this blueprint: --profile NAME lays one over the rest; mappings merge, lists and values replace.")
      .set("propertyNames", Json::object().set("pattern", kLabelPattern)).set("additionalProperties", reference("profile")));
  properties.set("components", reference("components"));
  Json required = top["required"];
  required.push("components");
  return Json::object().set("$schema", "https://json-schema.org/draft/2020-12/schema")
      .set("title", "keelson blueprint").set("description", "What should exist: one foundation and its components.")
      .set("type", "object").set("properties", properties).set("required", required).set("additionalProperties", false)
      .set("$defs", definitions(catalog)).dump(2) + "\n";
}

}  // namespace keelson
