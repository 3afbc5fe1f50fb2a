#pragma once
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "base/source_mark.h"

namespace keelson {

/// One thing wrong with a blueprint. No field ever holds the value of a secret setting.
struct Problem {
  SourceMark mark;
  std::string path = {};  ///< "components.redis.members"; "" = the file as a whole
  std::string message;    ///< "unknown field"
  std::string why = {};
  std::string next = {};
};

/// Collects every problem of a load. The same message at the same place counts once, because a value is looked at
/// both where it stands and after merging. Keeps the first hundred: a reader mends no more at a time, and a hostile
/// file must not make us write hundreds of megabytes about it.
class Problems {
 public:
  /// `file_order` are the names of the sources, in the order errors shall be sorted.
  explicit Problems(std::vector<std::string> file_order) : file_order_(std::move(file_order)) {}

  void add(Problem problem);
  bool empty() const { return problems_.empty(); }
  /// Nothing more will be kept: callers need not look for suggestions.
  bool full() const;
  /// All of them as errors, by source, line and column.
  Errors sorted() const;

 private:
  std::size_t order(const SourceMark& mark) const;

  std::vector<std::string> file_order_;
  std::vector<Problem> problems_;
  std::set<std::tuple<std::string, int, int, std::string>> seen_;
  bool more_ = false;
};

/// A key as it may stand in a path: the name it begins with, and … for the rest. `password:hunter2`, where a space was
/// forgotten, is a key to YAML: what follows the name may be a secret, or move the reader's cursor.
std::string shown(std::string_view key);

/// "components" + "redis" -> "components.redis".
std::string join(std::string_view path, std::string_view key);

/// "a, b, c"
template <typename Range>
std::string listed(const Range& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace keelson
