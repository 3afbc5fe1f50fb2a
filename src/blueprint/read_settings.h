#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "blueprint/problems.h"
#include "blueprint/tree.h"
#include "component/setting.h"

namespace keelson {

/// Whether a mapping must say everything its table requires. A profile or one of several files says only a part.
enum class Completeness { partial, complete };

/// What surrounds the mapping being read.
struct Surroundings {
  std::string path;                             ///< "components.redis"
  SourceMark mark;                              ///< where a missing field is told
  std::span<const std::string_view> also = {};  ///< fields of the mapping that the table does not hold; the caller reads them
};

/// Reads mappings against settings tables, telling every problem: unknown and repeated fields, wrong types, YAML's
/// surprises, bounds, missing fields. Never tells the value of a secret setting, nor anything inside it.
class SettingsReader {
 public:
  SettingsReader(Problems& problems, Completeness completeness) : problems_(problems), completeness_(completeness) {}

  /// What could be read; defaults are not filled in. `mapping` is of kind mapping or null.
  Settings read(const Node& mapping, std::span<const Setting> table, const Surroundings& around) const;

 private:
  std::optional<SettingValue> read_value(const Node& node, const Setting& setting, const std::string& path) const;
  std::optional<SettingValue> read_single(const Node& node, const Setting& setting, const std::string& path) const;
  std::optional<SettingValue> read_list(const Node& node, const Setting& setting, const std::string& path) const;
  std::optional<SettingValue> read_map(const Node& node, const Setting& setting, const std::string& path) const;

  Problems& problems_;
  Completeness completeness_;
};

/// Tells a repeated key, naming both places.
void report_repeated(Problems& problems, const Entry& entry, const std::string& path);

/// "did you mean members? fields: a, b"; the first half only where there is a near name.
template <typename Range>
std::string suggest(std::string_view word, const Range& known, std::string_view noun);

/// Tells that a value has another shape than the one expected ("a mapping").
void report_shape(Problems& problems, const Node& node, const std::string& path, std::string_view expected);

}  // namespace keelson

#include "base/units.h"

template <typename Range>
std::string keelson::suggest(std::string_view word, const Range& known, std::string_view noun) {
  const std::string near = nearest(word, known);
  const std::string all = known.empty() ? "there are no " + std::string(noun) : std::string(noun) + ": " + listed(known);
  return (near.empty() ? "" : "did you mean " + near + "? ") + all;
}
