#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/source_mark.h"

namespace keelson {

enum class SettingType {
  boolean,   ///< true or false, nothing else
  integer,
  bytes,     ///< held as bytes ("512Mi")
  duration,  ///< held as milliseconds ("30s")
  text,
  name,      ///< a DNS label
  identifier,///< a database identifier: [a-z_][a-z0-9_]{0,62}
  choice,    ///< one of `choices`
  schedule,  ///< five-field cron expression
  object,    ///< a mapping with `fields`
  list,      ///< a sequence of mappings with `fields`, or of scalars when `fields` is empty (then each is text)
  map,       ///< a mapping of free text keys to text values
};

/// What it takes for a changed value to count in a running engine.
enum class Applies { live, reload, restart, rebuild };

/// One row of a kind's settings table: the only place where a setting is described. Validation, JSON Schema, `explain`
/// and the reference docs all read it.
struct Setting {
  std::string_view name;
  SettingType type;
  std::string_view default_value = {};  ///< as it would stand in YAML; empty = no default (see `required`)
  std::string_view doc = {};
  Applies applies = Applies::restart;
  std::optional<std::int64_t> minimum = {};  ///< of integer, bytes, duration
  std::optional<std::int64_t> maximum = {};
  std::string_view choices = {};  ///< "a|b|c", for `choice`
  std::span<const Setting> fields = {};
  bool required = false;
  bool secret = false;  ///< a pinned password: never printed
};

class SettingValue;
/// Values by setting name; absent optional settings are not in the map.
using Settings = std::map<std::string, SettingValue, std::less<>>;

/// A validated value. Which alternative it holds is decided by the SettingType.
class SettingValue {
 public:
  using List = std::vector<SettingValue>;
  SettingValue() = default;
  explicit SettingValue(bool v) : value_(v) {}
  explicit SettingValue(std::int64_t v) : value_(v) {}
  explicit SettingValue(std::string v) : value_(std::move(v)) {}
  explicit SettingValue(List v) : value_(std::move(v)) {}
  explicit SettingValue(Settings v) : value_(std::move(v)) {}

  SourceMark mark;            ///< where the user wrote it
  bool from_default = false;  ///< nobody wrote it

  bool boolean() const { return std::get<bool>(value_); }
  std::int64_t number() const { return std::get<std::int64_t>(value_); }
  const std::string& text() const { return std::get<std::string>(value_); }
  const List& list() const { return std::get<List>(value_); }
  const Settings& object() const { return std::get<Settings>(value_); }
  bool is_boolean() const { return std::holds_alternative<bool>(value_); }
  bool is_number() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_text() const { return std::holds_alternative<std::string>(value_); }
  bool is_list() const { return std::holds_alternative<List>(value_); }
  bool is_object() const { return std::holds_alternative<Settings>(value_); }

 private:
  std::variant<std::monostate, bool, std::int64_t, std::string, List, Settings> value_;
};

/// Reads a setting that the kind's table declares with a default (or as required); a missing one is our bug.
inline const SettingValue& at(const Settings& settings, std::string_view name) { return settings.find(name)->second; }
inline std::int64_t number(const Settings& settings, std::string_view name) { return at(settings, name).number(); }
inline const std::string& text(const Settings& settings, std::string_view name) { return at(settings, name).text(); }
inline bool has(const Settings& settings, std::string_view name) { return settings.find(name) != settings.end(); }

}  // namespace keelson
