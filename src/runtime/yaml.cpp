#include "runtime/yaml.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace keelson {
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
bool is_empty(const Json& value) { return value.items().empty() && value.members().empty(); }

bool fits_one_line(const Json& list, std::size_t indent) {
  std::size_t width = indent;
  for (const Json& item : list.items()) {
    if (!is_scalar(item)) return false;
    width += scalar(item).size() + 2;
  }
  return width <= kLineWidth;
}

/// Whether a literal block gives the text back unchanged to every reader: lines of ASCII, none blank but not empty, the first not
/// indented (its indentation is what the block's is told by), at most one line end at the end.
bool fits_block(const std::string& text) {
  if (text.find('\n') == std::string::npos || text.ends_with("\n\n")) return false;
  if (std::isspace(static_cast<unsigned char>(text[0])) != 0) return false;
  bool blank = true;  // of the line so far
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '\n' && c != '\t' && (c < ' ' || c > '~')) return false;
    if (c == '\n' && blank && text[at - 1] != '\n') return false;
    blank = c == '\n' || (blank && (c == ' ' || c == '\t'));
  }
  return !blank || text.ends_with('\n');
}

void write_block(const std::string& text, std::size_t indent, std::string& out) {
  out += text.ends_with('\n') ? " |\n" : " |-\n";
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    if (end > from) out += std::string(indent, ' ') + text.substr(from, end - from);
    out += '\n';
    from = end + 1;
  }
}

void write(const Json& value, std::size_t indent, std::string& out);

void write_list(const Json& list, std::size_t indent, std::string& out) {
  for (const Json& item : list.items()) {
    out += std::string(indent, ' ') + "- ";
    if (is_scalar(item)) {
      out += scalar(item) + "\n";
      continue;
    }
    if (is_empty(item)) {
      out += item.is_array() ? "[]\n" : "{}\n";
      continue;
    }
    std::string nested;
    write(item, indent + 2, nested);
    out += nested.substr(indent + 2);  // the first line continues this one
  }
}

void write_member(const std::string& key, const Json& value, std::size_t indent, std::string& out) {
  out += std::string(indent, ' ') + scalar(Json(key)) + ":";
  if (fits_block(value.as_string())) {
    write_block(value.as_string(), indent + 2, out);
  } else if (is_scalar(value)) {
    out += " " + scalar(value) + "\n";
  } else if (value.is_object() && is_empty(value)) {
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

}  // namespace keelson
