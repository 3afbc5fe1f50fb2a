#include "blueprint/plain_scalar.h"

#include <algorithm>
#include <array>
#include <string>

namespace keelson {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::size_t digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
}

/// Digits, perhaps a fraction, perhaps an exponent; unsigned.
bool is_decimal_or_float(std::string_view text) {
  const std::size_t whole = digits(text);
  text.remove_prefix(whole);
  std::size_t fraction = 0;
  if (!text.empty() && text[0] == '.') {
    fraction = digits(text.substr(1));
    text.remove_prefix(1 + fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return all(text, is_digit);
}

/// 22:30, 190:20:30: numbers of base 60 to YAML 1.1.
bool is_sexagesimal(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || digits(text) == 0) return false;
  if (!all(text.substr(0, colon), [](char c) { return is_digit(c) || c == '_'; })) return false;
  while (colon != std::string_view::npos) {
    text.remove_prefix(colon + 1);
    colon = text.find(':');
    const std::string_view part = text.substr(0, std::min(colon, text.find('.')));
    if (!all(part, is_digit) || part.size() > 2 || (part.size() == 2 && part[0] > '5')) return false;
  }
  const std::size_t dot = text.find('.');
  return dot == std::string_view::npos || text.size() == dot + 1 || all(text.substr(dot + 1), is_digit);
}

/// 2024-05-01, and the same with a time behind it.
bool is_date(std::string_view text) {
  if (digits(text) != 4 || text.size() < 8 || text[4] != '-') return false;
  const std::size_t month = digits(text.substr(5));
  if (month < 1 || month > 2 || text.size() <= 6 + month || text[5 + month] != '-') return false;
  const std::string_view day = text.substr(6 + month);
  const std::size_t day_digits = digits(day);
  return day_digits >= 1 && day_digits <= 2 && (day.size() == day_digits || day[day_digits] == 'T' ||
                                                day[day_digits] == 't' || day[day_digits] == ' ');
}

constexpr std::string_view kNumber = "YAML reads it as a number";
constexpr std::string_view kBoolean = "YAML reads it as a boolean";
constexpr std::array<std::string_view, 6> kOldBooleans{"y", "n", "yes", "no", "on", "off"};

}  // namespace

std::string_view other_reading(std::string_view plain) {
  if (plain.size() > 64) return {};  // no number, boolean or date is that long
  const std::string word = lower(plain);
  if (word.empty() || word == "~" || word == "null") return "YAML reads it as nothing";
  if (word == "true" || word == "false") return kBoolean;
  if (std::find(kOldBooleans.begin(), kOldBooleans.end(), word) != kOldBooleans.end())
    return "YAML 1.1 reads it as a boolean, YAML 1.2 as text";

  std::string_view number = word;
  if (number[0] == '+' || number[0] == '-') number.remove_prefix(1);
  if (number == ".inf" || word == ".nan") return "YAML reads it as a floating-point number";
  if (number.starts_with("0o") && all(number.substr(2), is_digit)) return "YAML 1.2 reads it as an octal number, YAML 1.1 as text";
  if (number.starts_with("0x") && all(number.substr(2), [](char c) { return is_hex(c) || c == '_'; }))
    return "YAML reads it as a hexadecimal number";
  if (number.starts_with("0b") && all(number.substr(2), [](char c) { return c == '0' || c == '1' || c == '_'; }))
    return "YAML 1.1 reads it as a binary number";
  if (number.size() > 1 && number[0] == '0' && all(number, is_digit)) return "YAML 1.1 reads it as an octal number, YAML 1.2 as a decimal one";
  if (is_decimal_or_float(number)) return kNumber;
  if (!number.empty() && is_digit(number[0]) && all(number, [](char c) { return is_digit(c) || c == '_' || c == '.'; }) &&
      number.find('_') != std::string_view::npos)
    return "YAML 1.1 reads it as a number, YAML 1.2 as text";
  if (is_sexagesimal(number)) return "YAML 1.1 reads it as a number of base 60, YAML 1.2 as text";
  if (is_date(word)) return "YAML 1.1 reads it as a date";
  return {};
}

bool surprises(std::string_view plain) {
  const std::string_view reading = other_reading(plain);
  if (reading.empty() || plain == "true" || plain == "false") return false;
  return reading != kNumber || !all(plain, is_digit);
}

}  // namespace keelson
