#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keelson {

/// Reads a size: digits and one of B, Ki, Mi, Gi, Ti (powers of 1024) or k, M, G, T (powers of 1000); "512Mi", "100Gi",
/// "4096". Returns bytes; nothing for anything else (signs, spaces, exponents, fractions, overflow).
std::optional<std::int64_t> parse_bytes(std::string_view text);
/// The shortest exact form: 536870912 -> "512Mi", 1500 -> "1500".
std::string format_bytes(std::int64_t bytes);

/// Reads a duration: digits and one of ms, s, m, h, d; "500ms", "90s". Returns milliseconds.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);
/// The shortest exact form: 90000 -> "90s", 1500 -> "1500ms".
std::string format_duration_ms(std::int64_t milliseconds);

/// A DNS label (RFC 1123 section 2.1): 1-63 of [a-z0-9-], no hyphen at either end. Lower case only.
bool is_dns_label(std::string_view text);
/// One or more labels joined by dots, 253 characters at most.
bool is_dns_name(std::string_view text);

/// The entry of `known` nearest to `word` by edit distance when it is near enough to be a typing error; else "".
template <typename Range>
std::string nearest(std::string_view word, const Range& known);

/// Edit distance (insert, delete, replace, swap of neighbours = 1 each).
std::size_t edit_distance(std::string_view a, std::string_view b);

template <typename Range>
std::string nearest(std::string_view word, const Range& known) {
  std::string best;
  std::size_t distance = word.size() <= 4 ? 2 : 3;
  for (const auto& candidate : known) {
    const std::size_t d = edit_distance(word, candidate);
    if (d < distance) { distance = d; best = std::string(candidate); }
  }
  return best;
}

}  // namespace keelson
