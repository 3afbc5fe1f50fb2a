#include "blueprint/read_settings.h"

#include <algorithm>
#include <array>
#include <vector>

#include "blueprint/plain_scalar.h"
#include "component/defaults.h"

namespace keelson {
namespace {

std::string_view expected(SettingType type) {
  switch (type) {
    case SettingType::boolean: return "true or false";
    case SettingType::integer: return "a whole number, such as 3";
    case SettingType::bytes: return "a size, such as 512Mi";
    case SettingType::duration: return "a duration, such as 30s";
    case SettingType::text: return "text";
    case SettingType::name: return "a DNS label";
    case SettingType::identifier: return "a database identifier";
    case SettingType::choice: return "one of the choices";
    case SettingType::schedule: return "five cron fields in quotes, such as \"0 2 * * *\"";
    case SettingType::object: return "a mapping";
    case SettingType::list: return "a list";
    case SettingType::map: return "a mapping";
  }
  return "something else";
}

std::string_view shape(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "empty";
    case Node::Kind::scalar: return "a single value";
    case Node::Kind::sequence: return "a list";
    case Node::Kind::mapping: return "a mapping";
    case Node::Kind::rejected: return "not allowed";
  }
  return "something else";
}

bool is_text(SettingType type) {
  return type == SettingType::text || type == SettingType::name || type == SettingType::identifier || type == SettingType::schedule;
}

/// Numbers and booleans in quotes are text to every other reader of YAML. (Sizes and durations have units: they are
/// text that we read, quoted or not.)
bool must_be_plain(SettingType type) { return type == SettingType::boolean || type == SettingType::integer; }

bool is_choice(const Setting& setting, std::string_view text) {
  std::string_view rest = setting.choices;
  while (true) {
    const std::size_t bar = rest.find('|');
    if (rest.substr(0, bar) == text) return true;
    if (bar == std::string_view::npos) return false;
    rest.remove_prefix(bar + 1);
  }
}

const Setting* find_setting(std::span<const Setting> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [name](const Setting& s) { return s.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::vector<std::string_view> field_names(std::span<const Setting> table, std::span<const std::string_view> also) {
  std::vector<std::string_view> names(also.begin(), also.end());
  for (const Setting& setting : table) names.push_back(setting.name);
  return names;
}

SettingValue marked(SettingValue value, const SourceMark& mark) {
  value.mark = mark;
  return value;
}

void report_unknown(Problems& problems, const Entry& entry, const std::string& path, const std::vector<std::string_view>& names) {
  const bool swallowed_value = entry.key.find_first_of(":= ") != std::string::npos;
  const std::string next = problems.full()    ? std::string{}
                           : swallowed_value ? "between a name and its value write a colon and a space"
                                             : suggest(entry.key, names, "fields");
  problems.add({entry.mark, path, "unknown field", {}, next});
}

/// A list of scalars holds texts, a map texts too; each keeps whether the whole is secret.
Setting text_within(const Setting& setting) {
  return Setting{.name = setting.name, .type = SettingType::text, .doc = setting.doc, .secret = setting.secret};
}

}  // namespace

void report_repeated(Problems& problems, const Entry& entry, const std::string& path) {
  problems.add({entry.mark, path, "duplicate key", "it already stands at " + entry.earlier.text(), "keep one of the two"});
}

void report_shape(Problems& problems, const Node& node, const std::string& path, std::string_view wanted) {
  if (node.kind == Node::Kind::rejected) return;
  const bool empty = node.kind == Node::Kind::null;
  problems.add({node.mark, path, "wrong type: is " + std::string(shape(node)), {},
                "write " + std::string(wanted) + (empty ? ", or leave the field out" : "")});
}

Settings SettingsReader::read(const Node& mapping, std::span<const Setting> table, const Surroundings& around) const {
  Settings settings;
  const auto names = field_names(table, around.also);
  for (const Entry& entry : mapping.entries) {
    const std::string path = join(around.path, entry.key);
    if (entry.repeats()) { report_repeated(problems_, entry, path); continue; }
    if (std::find(around.also.begin(), around.also.end(), entry.key) != around.also.end()) continue;
    const Setting* setting = find_setting(table, entry.key);
    if (!setting) {
      report_unknown(problems_, entry, path, names);
      continue;
    }
    if (auto value = read_value(entry.value, *setting, path)) settings.emplace(entry.key, std::move(*value));
  }
  if (completeness_ == Completeness::partial) return settings;
  for (const Setting& setting : table)
    if (setting.required && !mapping.find(setting.name))
      problems_.add({around.mark, around.path, "field " + std::string(setting.name) + " is missing", std::string(setting.doc),
                     "add " + std::string(setting.name) + ": with " + std::string(expected(setting.type))});
  return settings;
}

std::optional<SettingValue> SettingsReader::read_value(const Node& node, const Setting& setting, const std::string& path) const {
  switch (setting.type) {
    case SettingType::list: return read_list(node, setting, path);
    case SettingType::map: return read_map(node, setting, path);
    case SettingType::object:
      if (node.kind != Node::Kind::mapping) { report_shape(problems_, node, path, "a mapping"); return std::nullopt; }
      return marked(SettingValue(read(node, setting.fields, {path, node.mark})), node.mark);
    case SettingType::boolean:
    case SettingType::integer:
    case SettingType::bytes:
    case SettingType::duration:
    case SettingType::text:
    case SettingType::name:
    case SettingType::identifier:
    case SettingType::choice:
    case SettingType::schedule: return read_single(node, setting, path);
  }
  return std::nullopt;
}

std::optional<SettingValue> SettingsReader::read_single(const Node& node, const Setting& setting, const std::string& path) const {
  if (node.kind != Node::Kind::scalar) { report_shape(problems_, node, path, expected(setting.type)); return std::nullopt; }
  const auto refuse = [&](std::string message, std::string why, std::string next) {
    problems_.add({node.mark, path, std::move(message), std::move(why), std::move(next)});
    return std::nullopt;
  };
  const std::string in_quotes = setting.secret || node.text.size() > 40 ? "write it in quotes" : "write \"" + node.text + "\" in quotes";
  const std::string_view reading = node.plain ? other_reading(node.text) : std::string_view{};

  if (node.text.find('\0') != std::string::npos) return refuse("holds a NUL character", "no engine can take one", "remove \\0");
  if (is_text(setting.type) && !reading.empty()) return refuse("wrong type: is not text", std::string(reading), in_quotes);
  if (must_be_plain(setting.type) && !node.plain)
    return refuse("wrong type: is text, because it is in quotes", {}, "write " + std::string(expected(setting.type)) + ", without quotes");
  const bool number_like = setting.type == SettingType::integer || setting.type == SettingType::bytes || setting.type == SettingType::duration;
  if (number_like && node.plain && surprises(node.text))
    return refuse("is not " + std::string(expected(setting.type)), std::string(reading), "write it in decimal digits");
  if (setting.type == SettingType::choice && is_choice(setting, node.text)) return marked(SettingValue(node.text), node.mark);

  auto value = read_scalar(setting, node.text);
  if (value) return marked(std::move(*value), node.mark);
  if (setting.secret) return refuse("is not acceptable", "its value is secret and not shown", "write " + std::string(expected(setting.type)));
  const bool explain = setting.type == SettingType::boolean || setting.type == SettingType::choice;
  return refuse(value.error().what, explain && surprises(node.text) ? std::string(reading) : std::string{}, value.error().next);
}

std::optional<SettingValue> SettingsReader::read_list(const Node& node, const Setting& setting, const std::string& path) const {
  if (node.kind != Node::Kind::sequence) { report_shape(problems_, node, path, "a list"); return std::nullopt; }
  // A list replaces as a whole when files or profiles merge, so its items are complete wherever they stand.
  const SettingsReader items(problems_, Completeness::complete);
  SettingValue::List list;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Node& item = node.items[i];
    const std::string item_path = path + "[" + std::to_string(i) + "]";
    if (setting.fields.empty()) {
      if (auto value = read_single(item, text_within(setting), item_path)) list.push_back(std::move(*value));
    } else if (item.kind != Node::Kind::mapping) {
      report_shape(problems_, item, item_path, "a mapping");
    } else {
      list.push_back(marked(SettingValue(items.read(item, setting.fields, {item_path, item.mark})), item.mark));
    }
  }
  return marked(SettingValue(std::move(list)), node.mark);
}

std::optional<SettingValue> SettingsReader::read_map(const Node& node, const Setting& setting, const std::string& path) const {
  if (node.kind != Node::Kind::mapping) { report_shape(problems_, node, path, "a mapping"); return std::nullopt; }
  Settings map;
  for (const Entry& entry : node.entries) {
    const std::string entry_path = join(path, entry.key);
    if (entry.repeats()) { report_repeated(problems_, entry, entry_path); continue; }
    if (entry.key.empty() || entry.key.find('\0') != std::string::npos) {
      problems_.add({entry.mark, path, "a key is empty or holds a NUL character", {}, "name it"});
      continue;
    }
    if (auto value = read_single(entry.value, text_within(setting), entry_path)) map.emplace(entry.key, std::move(*value));
  }
  return marked(SettingValue(std::move(map)), node.mark);
}

}  // namespace keelson
