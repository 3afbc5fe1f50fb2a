#include "base/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace keelson {
namespace {

const Json kNull;
const std::string kEmptyString;
const Json::Array kEmptyArray;
const Json::Object kEmptyObject;

/// Length of the valid UTF-8 sequence at `text`, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  std::size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 : (lead & 0xF0) == 0xE0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;
  if (lead == 0xED && byte(1) > 0x9F) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return length;
}

void write_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') { out += '\\'; out += text[i++]; continue; }
    if (c == '\n') { out += "\\n"; ++i; continue; }
    if (c == '\t') { out += "\\t"; ++i; continue; }
    if (c == '\r') { out += "\\r"; ++i; continue; }
    if (c < 0x20 || c == 0x7F) { out += "\\u00"; out += kHex[c >> 4]; out += kHex[c & 15]; ++i; continue; }
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) { out += "\xEF\xBF\xBD"; ++i; continue; }
    out.append(text, i, length);
    i += length;
  }
  out += '"';
}

void newline(std::string& out, int indent, int depth) {
  if (indent < 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(depth), ' ');
}

void write(std::string& out, const Json& value, int indent, int depth) {
  if (value.is_null()) { out += "null"; return; }
  if (value.is_bool()) { out += value.as_bool() ? "true" : "false"; return; }
  if (value.is_int()) { out += std::to_string(value.as_int()); return; }
  if (value.is_number()) {
    const double number = value.as_double();
    if (!std::isfinite(number)) { out += "null"; return; }
    char buffer[32];
    for (int precision = 6; precision <= 17; ++precision) {
      std::snprintf(buffer, sizeof buffer, "%.*g", precision, number);
      if (std::strtod(buffer, nullptr) == number) break;
    }
    out += buffer;
    return;
  }
  if (value.is_string()) { write_string(out, value.as_string()); return; }
  const bool array = value.is_array();
  const std::size_t count = array ? value.items().size() : value.members().size();
  out += array ? '[' : '{';
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    newline(out, indent, depth + 1);
    if (array) { write(out, value.items()[i], indent, depth + 1); continue; }
    write_string(out, value.members()[i].first);
    out += indent < 0 ? ":" : ": ";
    write(out, value.members()[i].second, indent, depth + 1);
  }
  if (count > 0) newline(out, indent, depth);
  out += array ? ']' : '}';
}

/// Receives nlohmann's parse events and builds our value, refusing depth and numbers we cannot hold.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(std::size_t max_depth) : max_depth_(max_depth) {}
  bool null() override { return put(Json()); }
  bool boolean(bool v) override { return put(Json(v)); }
  bool number_integer(number_integer_t v) override { return put(Json(static_cast<std::int64_t>(v))); }
  bool number_unsigned(number_unsigned_t v) override {
    if (v > static_cast<number_unsigned_t>(INT64_MAX)) return put(Json(static_cast<double>(v)));
    return put(Json(static_cast<std::int64_t>(v)));
  }
  bool number_float(number_float_t v, const string_t&) override { return put(Json(v)); }
  bool string(string_t& v) override { return put(Json(std::move(v))); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& v) override { keys_.back() = std::move(v); return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    offset_ = position;
    return false;
  }
  std::size_t offset() const { return offset_; }
  bool too_deep() const { return too_deep_; }
  Json take() { return std::move(root_); }

 private:
  bool put(Json value) {
    if (open_.empty()) { root_ = std::move(value); return true; }
    if (open_.back().is_array()) open_.back().push(std::move(value));
    else open_.back().set(keys_.back(), std::move(value));
    return true;
  }
  bool open(Json container) {
    if (open_.size() >= max_depth_) { too_deep_ = true; return false; }
    open_.push_back(std::move(container));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    Json done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return put(std::move(done));
  }
  std::size_t max_depth_;
  std::size_t offset_ = 0;
  bool too_deep_ = false;
  Json root_;
  std::vector<Json> open_;
  std::vector<std::string> keys_;
};

}  // namespace

Json& Json::set(std::string key, Json value) {
  if (!is_object()) value_ = Object{};
  auto& members = std::get<Object>(value_);
  for (auto& member : members)
    if (member.first == key) { member.second = std::move(value); return *this; }
  members.emplace_back(std::move(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (!is_array()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

bool Json::as_bool(bool otherwise) const { return is_bool() ? std::get<bool>(value_) : otherwise; }
std::int64_t Json::as_int(std::int64_t otherwise) const { return is_int() ? std::get<std::int64_t>(value_) : otherwise; }
double Json::as_double(double otherwise) const {
  if (is_int()) return static_cast<double>(std::get<std::int64_t>(value_));
  return is_number() ? std::get<double>(value_) : otherwise;
}
const std::string& Json::as_string() const { return is_string() ? std::get<std::string>(value_) : kEmptyString; }
const Json::Array& Json::items() const { return is_array() ? std::get<Array>(value_) : kEmptyArray; }
const Json::Object& Json::members() const { return is_object() ? std::get<Object>(value_) : kEmptyObject; }

const Json& Json::operator[](std::string_view key) const {
  for (const auto& member : members())
    if (member.first == key) return member.second;
  return kNull;
}
bool Json::has(std::string_view key) const {
  return std::any_of(members().begin(), members().end(), [&](const auto& m) { return m.first == key; });
}

std::string Json::dump(int indent) const {
  std::string out;
  write(out, *this, indent, 0);
  return out;
}

Result<Json> parse_json(std::string_view text, std::size_t max_depth) {
  Builder builder(max_depth);
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  if (builder.too_deep()) return fail("JSON is nested too deeply", {}, "more than " + std::to_string(max_depth) + " levels");
  return fail("not valid JSON", {}, "at byte " + std::to_string(builder.offset()));
}

}  // namespace keelson
