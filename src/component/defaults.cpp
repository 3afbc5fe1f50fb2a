#include "component/defaults.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/units.h"

namespace keelson {
namespace {

tl::unexpected<Error> wrong(std::string what, std::string next) {
  return fail_as(ErrorCode::invalid_blueprint, std::move(what), {}, {}, std::move(next));
}

Result<SettingValue> bounded(const Setting& setting, std::int64_t value, std::string (*show)(std::int64_t)) {
  if (setting.minimum && value < *setting.minimum)
    return wrong("is " + show(value) + ", less than the least allowed", "use at least " + show(*setting.minimum));
  if (setting.maximum && value > *setting.maximum)
    return wrong("is " + show(value) + ", more than the most allowed", "use at most " + show(*setting.maximum));
  return SettingValue(value);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > 63 || !(text[0] == '_' || (text[0] >= 'a' && text[0] <= 'z'))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// One field of a five-field cron expression: "*", "*/5", "1-5", "1,3", numbers within [low, high].
bool is_cron_field(std::string_view field, int low, int high) {
  for (const std::string& part : split(field, ',')) {
    std::string_view rest = part;
    if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
      int step = 0;
      const auto digits = rest.substr(slash + 1);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
      if (error != std::errc() || end != digits.data() + digits.size() || step < 1) return false;
      rest = rest.substr(0, slash);
    }
    if (rest == "*") continue;
    int previous = low;
    for (const std::string& bound : split(rest, '-')) {
      int value = -1;
      const auto [end, error] = std::from_chars(bound.data(), bound.data() + bound.size(), value);
      if (error != std::errc() || end != bound.data() + bound.size() || value < previous || value > high) return false;
      previous = value;
    }
  }
  return true;
}

bool is_schedule(std::string_view text) {
  const auto fields = split(text, ' ');
  constexpr int kLow[] = {0, 0, 1, 1, 0}, kHigh[] = {59, 23, 31, 12, 7};
  if (fields.size() != 5) return false;
  for (std::size_t i = 0; i < 5; ++i)
    if (!is_cron_field(fields[i], kLow[i], kHigh[i])) return false;
  return true;
}

}  // namespace

Result<SettingValue> read_scalar(const Setting& setting, std::string_view text) {
  switch (setting.type) {
    case SettingType::boolean:
      if (text == "true") return SettingValue(true);
      if (text == "false") return SettingValue(false);
      return wrong("is not a boolean", "write true or false");
    case SettingType::integer: {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const bool leading_zero = text.size() > 1 && text[0] == '0';
      if (error != std::errc() || end != text.data() + text.size() || leading_zero)
        return wrong("is not a whole number", "write decimal digits only, such as 3");
      return bounded(setting, value, [](std::int64_t v) { return std::to_string(v); });
    }
    case SettingType::bytes: {
      const auto value = parse_bytes(text);
      if (!value) return wrong("is not a size", "write digits and a unit, such as 512Mi or 100Gi");
      return bounded(setting, *value, format_bytes);
    }
    case SettingType::duration: {
      const auto value = parse_duration_ms(text);
      if (!value) return wrong("is not a duration", "write digits and a unit, such as 500ms, 30s or 1h");
      return bounded(setting, *value, format_duration_ms);
    }
    case SettingType::text: return SettingValue(std::string(text));
    case SettingType::name:
      if (!is_dns_label(text)) return wrong("is not a DNS label", "use 1 to 63 of a-z, 0-9 and -, not starting or ending with -");
      return SettingValue(std::string(text));
    case SettingType::identifier:
      if (!is_identifier(text)) return wrong("is not a database identifier", "use a-z, 0-9 and _, starting with a letter, 63 at most");
      return SettingValue(std::string(text));
    case SettingType::choice: {
      const auto choices = split(setting.choices, '|');
      if (std::find(choices.begin(), choices.end(), text) != choices.end()) return SettingValue(std::string(text));
      std::string list;
      for (const auto& choice : choices) list += (list.empty() ? "" : ", ") + choice;
      const std::string hint = nearest(text, choices);
      return wrong("is not one of the choices", (hint.empty() ? "" : "did you mean " + hint + "? ") + "choose from: " + list);
    }
    case SettingType::schedule:
      if (!is_schedule(text)) return wrong("is not a schedule", "write five cron fields, such as \"0 2 * * *\"");
      return SettingValue(std::string(text));
    case SettingType::object: return wrong("is a single value", "write a mapping");
    case SettingType::list: return wrong("is a single value", "write a list");
    case SettingType::map: return wrong("is a single value", "write a mapping");
  }
  return wrong("has a type keelson does not know", {});
}

Result<void> fill_defaults(Settings& settings, std::span<const Setting> table) {
  for (const Setting& setting : table) {
    const std::string key(setting.name);
    auto found = settings.find(key);
    if (found != settings.end()) {
      SettingValue& value = found->second;
      const bool nested = setting.type == SettingType::object && value.is_object();
      if (nested) {
        Settings inner = value.object();
        KEELSON_CHECK(fill_defaults(inner, setting.fields));
        SettingValue filled(std::move(inner));
        filled.mark = value.mark;
        filled.from_default = value.from_default;
        value = std::move(filled);
      }
      if (setting.type == SettingType::list && !setting.fields.empty() && value.is_list()) {
        SettingValue::List items = value.list();
        for (SettingValue& item : items) {
          Settings inner = item.object();
          KEELSON_CHECK(fill_defaults(inner, setting.fields));
          const SourceMark mark = item.mark;
          item = SettingValue(std::move(inner));
          item.mark = mark;
        }
        SettingValue filled(std::move(items));
        filled.mark = value.mark;
        value = std::move(filled);
      }
      continue;
    }
    SettingValue value;
    if (setting.type == SettingType::object) {
      Settings inner;
      KEELSON_CHECK(fill_defaults(inner, setting.fields));
      if (inner.empty()) continue;
      value = SettingValue(std::move(inner));
    } else if (setting.type == SettingType::list && setting.default_value == "[]") {
      value = SettingValue(SettingValue::List{});
    } else if (!setting.default_value.empty()) {
      KEELSON_TRY(value, read_scalar(setting, setting.default_value));
    } else {
      continue;
    }
    value.from_default = true;
    settings.emplace(key, std::move(value));
  }
  return {};
}

}  // namespace keelson
