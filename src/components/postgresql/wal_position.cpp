#include "components/postgresql/wal_position.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace keelson::postgresql {
namespace {

constexpr std::uint64_t kPage = 8192;
constexpr std::uint64_t kSegment = 16 << 20;
constexpr std::uint64_t kHeader = 24, kSegmentHeader = 40;

}  // namespace

std::string format_position(std::uint64_t position) { return fmt::format("{:X}/{:X}", position >> 32, position & 0xffffffff); }

std::optional<std::uint64_t> parse_position(std::string_view text) {
  std::uint32_t high = 0, low = 0;
  const auto [slash, bad_high] = std::from_chars(text.data(), text.data() + text.size(), high, 16);
  if (bad_high != std::errc() || slash == text.data() + text.size() || *slash != '/') return std::nullopt;
  const auto [end, bad_low] = std::from_chars(slash + 1, text.data() + text.size(), low, 16);
  if (bad_low != std::errc() || end == slash + 1) return std::nullopt;
  return (std::uint64_t{high} << 32) | low;
}

std::optional<std::uint64_t> last_record_in(std::string_view complaint) {
  constexpr std::string_view kWords = "error in WAL record at ";
  const std::size_t at = complaint.find(kWords);
  if (at == std::string_view::npos) return std::nullopt;
  return parse_position(complaint.substr(at + kWords.size()));
}

std::optional<std::uint64_t> record_length_in(std::string_view line) {
  constexpr std::string_view kWords = "len (rec/tot):";
  const std::size_t at = line.find(kWords);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t slash = line.find('/', at + kWords.size());
  if (slash == std::string_view::npos) return std::nullopt;
  const std::size_t digits = line.find_first_not_of(' ', slash + 1);
  if (digits == std::string_view::npos) return std::nullopt;
  std::uint64_t length = 0;
  const auto [end, bad] = std::from_chars(line.data() + digits, line.data() + line.size(), length);
  if (bad != std::errc() || end == line.data() + digits) return std::nullopt;
  return length;
}

std::uint64_t end_of_record(std::uint64_t begin, std::uint64_t length) {
  std::uint64_t at = begin, left = length;
  while (true) {
    const std::uint64_t here = std::min(left, kPage - at % kPage);
    at += here;
    left -= here;
    if (left == 0) break;
    at += at % kSegment == 0 ? kSegmentHeader : kHeader;  // the record goes on behind the next page's header
  }
  return (at + 7) / 8 * 8;
}

}  // namespace keelson::postgresql
