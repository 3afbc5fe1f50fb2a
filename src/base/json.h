#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace keelson {

/// A JSON value that keeps the order of its members, so that what keelson writes is the same bytes every time.
/// A plain value type: copies are deep. Numbers are integers where they can be.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}

  static Json object() { Json j; j.value_ = Object{}; return j; }
  static Json array() { Json j; j.value_ = Array{}; return j; }

  /// Sets a member (replacing one of the same name) and returns *this, so that objects can be written as chains.
  Json& set(std::string key, Json value);
  /// Appends to an array and returns *this.
  Json& push(Json value);

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }

  /// Each returns the given default when the value is of another type: callers that must know ask `is_…` first.
  bool as_bool(bool otherwise = false) const;
  std::int64_t as_int(std::int64_t otherwise = 0) const;
  double as_double(double otherwise = 0) const;
  const std::string& as_string() const;  ///< "" for other types
  const Array& items() const;            ///< empty for other types
  const Object& members() const;         ///< empty for other types

  /// The member of that name, or null value when absent or not an object. Never fails: `j["a"]["b"].as_int()`.
  const Json& operator[](std::string_view key) const;
  bool has(std::string_view key) const;

  /// One line (`indent` < 0) or pretty-printed. Invalid UTF-8 is replaced by U+FFFD. No trailing newline.
  std::string dump(int indent = -1) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// Parses JSON text (RFC 8259). Refuses more than `max_depth` levels. The error says the byte offset, never the text.
Result<Json> parse_json(std::string_view text, std::size_t max_depth = 64);

}  // namespace keelson
