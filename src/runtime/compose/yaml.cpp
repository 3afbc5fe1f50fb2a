#include "runtime/compose/yaml.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace keelson::compose {
namespace {

constexpr std::size_t kLineWidth = 120;

/// Words that some YAML takes for something else than a string.
constexpr std::array<std::string_view, 10> kOtherMeaning{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"};

bool bare(const std::string& text) {
  if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text[0])) != 0 || text[0] == '/')) return false;
  std::string lower;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0 && c != '-' && c != '_' && c != '.' && c != '/') return false;
    lower += static_cast<char>(std::tolower(byte));
  }
  return std::find(kOtherMeaning.begin(), kOtherMeaning.end(), lower) == kOtherMeaning.end();
}

/// JSON's strings are YAML's double-quoted ones.
std::string scalar(const Json& value) { return value.is_string() && bare(value.as_string()) ? value.as_string() : value.dump(); }

bool is_scalar(const Json& value) { return !value.is_array() && !value.is_object(); }

bool fits_one_line(const Json& list, std::size_t indent) {
  std::size_t width = indent;
  for (const Json& item : list.items()) {
    if (!is_scalar(item)) return false;
    width += scalar(item).size() + 2;
  }
  return width <= kLineWidth;
}

void write(const Json& value, std::size_t indent, std::string& out);

void write_list(const Json& list, std::size_t indent, std::string& out) {
  for (const Json& item : list.items()) {
    out += std::string(indent, ' ') + "- ";
    if (is_scalar(item)) {
      out += scalar(item) + "\n";
      continue;
    }
    std::string nested;
    write(item, indent + 2, nested);
    out += nested.substr(indent + 2);  // the first line continues this one
  }
}

void write_member(const std::string& key, const Json& value, std::size_t indent, std::string& out) {
  out += std::string(indent, ' ') + scalar(Json(key)) + ":";
  if (is_scalar(value)) {
    out += " " + scalar(value) + "\n";
  } else if (value.is_object() && value.members().empty()) {
    out += " {}\n";
  } else if (value.is_array() && fits_one_line(value, indent + key.size() + 4)) {
    std::string items;
    for (const Json& item : value.items()) items += (items.empty() ? "" : ", ") + scalar(item);
    out += " [" + items + "]\n";
  } else {
    out += "\n";
    write(value, indent + 2, out);
  }
}

void write(const Json& value, std::size_t indent, std::string& out) {
  if (value.is_array()) return write_list(value, indent, out);
  for (const auto& [key, member] : value.members()) write_member(key, member, indent, out);
}

}  // namespace

std::string yaml_text(const Json& value) {
  if (is_scalar(value)) return scalar(value) + "\n";
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace keelson::compose
