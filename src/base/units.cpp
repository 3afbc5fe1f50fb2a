#include "base/units.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

namespace keelson {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t factor;
};

constexpr std::int64_t kKi = 1024;
constexpr std::array kByteUnits{
    Unit{"Ti", kKi * kKi * kKi * kKi}, Unit{"Gi", kKi * kKi * kKi}, Unit{"Mi", kKi * kKi}, Unit{"Ki", kKi},
    Unit{"T", 1'000'000'000'000},      Unit{"G", 1'000'000'000},    Unit{"M", 1'000'000},  Unit{"k", 1'000},
    Unit{"B", 1},                      Unit{"", 1},
};
constexpr std::array kDurationUnits{
    Unit{"ms", 1}, Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
};

template <std::size_t N>
std::optional<std::int64_t> parse(std::string_view text, const std::array<Unit, N>& units) {
  std::size_t digits = 0;
  std::int64_t number = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    const int digit = text[digits] - '0';
    if (number > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  const std::string_view suffix = text.substr(digits);
  for (const Unit& unit : units) {
    if (unit.suffix != suffix) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> parse_bytes(std::string_view text) { return parse(text, kByteUnits); }
std::optional<std::int64_t> parse_duration_ms(std::string_view text) { return parse(text, kDurationUnits); }

std::string format_bytes(std::int64_t bytes) {
  for (std::size_t i = 0; i < 4; ++i)
    if (bytes != 0 && bytes % kByteUnits[i].factor == 0)
      return std::to_string(bytes / kByteUnits[i].factor) + std::string(kByteUnits[i].suffix);
  return std::to_string(bytes);
}

std::string format_duration_ms(std::int64_t milliseconds) {
  for (std::size_t i = 1; i < kDurationUnits.size(); ++i)
    if (milliseconds != 0 && milliseconds % kDurationUnits[i].factor == 0)
      return std::to_string(milliseconds / kDurationUnits[i].factor) + std::string(kDurationUnits[i].suffix);
  return std::to_string(milliseconds) + "ms";
}

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_dns_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > 128 || b.size() > 128) return std::max(a.size(), b.size());
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

}  // namespace keelson
