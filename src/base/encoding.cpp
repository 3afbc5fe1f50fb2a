#include "base/encoding.h"

#include <cctype>

namespace keelson {
namespace {

void add_byte(std::string& out, unsigned char byte, const char* digits) { out += {digits[byte >> 4], digits[byte & 15]}; }

}  // namespace

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) add_byte(out, static_cast<unsigned char>(c), "0123456789abcdef");
  return out;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      add_byte(out, byte, "0123456789ABCDEF");
    }
  }
  return out;
}

Json string_map_json(const std::map<std::string, std::string>& map) {
  Json out = Json::object();
  for (const auto& [key, value] : map) out.set(key, value);
  return out;
}

std::map<std::string, std::string> string_map_from(const Json& json) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : json.members()) out[key] = value.as_string();
  return out;
}

}  // namespace keelson
