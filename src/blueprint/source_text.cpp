#include "blueprint/source_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

unsigned char byte(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Length of the well-formed UTF-8 sequence at `i` (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(std::string_view text, std::size_t i) {
  const unsigned char lead = byte(text, i);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((byte(text, i + k) & 0xC0) != 0x80) return 0;
  const unsigned char second = byte(text, i + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_high = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_high ? 0 : length;
}

struct BadByte {
  std::size_t offset;
  std::string message;
  std::string next;
};

std::optional<BadByte> first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char c = byte(text, i);
    if (c == 0) return BadByte{i, "the text holds a NUL byte", "save the file as plain UTF-8 text"};
    if (c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))
      return BadByte{i, "a carriage return without a line feed", "end lines with a line feed"};
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
      return BadByte{i, fmt::format("the control character 0x{:02x}", c), "remove it, or write it as \"\\x..\" in double quotes"};
    const std::size_t length = sequence_length(text, i);
    if (length == 0) return BadByte{i, "the text is not valid UTF-8", "save the file as UTF-8"};
    i += length;
  }
  return std::nullopt;
}

/// The mark of a byte in text that is valid up to there.
SourceMark mark_of(const BlueprintSource& source, std::size_t offset) {
  const std::string_view before = std::string_view(source.text).substr(0, offset);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const std::string_view line = before.substr(line_start);
  return {source.name, static_cast<int>(1 + std::count(before.begin(), before.end(), '\n')),
          static_cast<int>(1 + std::count_if(line.begin(), line.end(), starts_character))};
}

}  // namespace

std::optional<Problem> check_bytes(const BlueprintSource& source) {
  const std::string_view text = source.text;
  if (text.size() > kMostSourceBytes)
    return Problem{{source.name, 1, 1}, {}, "the blueprint is too large",
                   fmt::format("it has {} bytes; 1 MiB is the most allowed", text.size()), "is this the right file?"};
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return Problem{{source.name, 1, 1}, {}, "the text is UTF-16", "a blueprint is UTF-8", "save the file as UTF-8"};
  if (text.starts_with(kByteOrderMark))
    return Problem{{source.name, 1, 1}, {}, "the text starts with a byte order mark", {}, "save the file as UTF-8 without BOM"};
  if (const auto bad = first_bad_byte(text)) return Problem{mark_of(source, bad->offset), {}, bad->message, {}, bad->next};
  return std::nullopt;
}

Marks::Marks(const BlueprintSource& source) : source_(source), line_starts_{0} {
  characters_before_.reserve(source.text.size() + 1);
  std::uint32_t characters = 0;
  for (std::size_t i = 0; i < source.text.size(); ++i) {
    characters_before_.push_back(characters);
    if ((static_cast<unsigned char>(source.text[i]) & 0xC0) != 0x80) ++characters;
    if (source.text[i] == '\n') line_starts_.push_back(i + 1);
  }
  characters_before_.push_back(characters);
}

SourceMark Marks::at(std::size_t offset) const {
  offset = std::min(offset, source_.text.size());
  const auto next_line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::size_t start = *(next_line - 1);
  return {source_.name, static_cast<int>(next_line - line_starts_.begin()),
          static_cast<int>(characters_before_[offset] - characters_before_[start] + 1)};
}

}  // namespace keelson
