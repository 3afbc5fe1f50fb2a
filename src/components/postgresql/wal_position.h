#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keelson::postgresql {

/// "16/B374D848", as PostgreSQL writes a position in the write-ahead log.
std::string format_position(std::uint64_t position);
std::optional<std::uint64_t> parse_position(std::string_view text);

/// Where the last valid record begins, from what pg_waldump says when it can read no further ("error in WAL record at
/// 0/3000148: invalid record length at 0/3000180: …"; PostgreSQL 15 pg_waldump.c).
std::optional<std::uint64_t> last_record_in(std::string_view complaint);
/// A record's total length, from its line ("… len (rec/tot):     54/    78, tx: …").
std::optional<std::uint64_t> record_length_in(std::string_view line);
/// The position behind a record: aligned to 8, page headers counted (24 bytes, 40 at the start of a 16 MiB segment; pages of
/// 8 KiB: PostgreSQL 15 xlog_internal.h).
std::uint64_t end_of_record(std::uint64_t begin, std::uint64_t length);

}  // namespace keelson::postgresql
