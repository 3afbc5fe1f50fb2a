#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "system/files.h"

namespace keelson {

/// The absolute path of a program of the user's PATH: clients of container engines and clusters are often outside the system's own
/// directories. "" = it is not there.
std::string find_client(Files& files, const std::string& name);

/// The lines of what a client said, without the empty ones.
std::vector<std::string> lines_of(std::string_view text);

/// Milliseconds since 1970 of a time as clients tell it, "2026-11-28T08:22:08.388123456Z" or without a fraction; 0 for what is none, and for the "0001-01-01…" of
/// what never was.
std::int64_t wall_ms(const std::string& text);

}  // namespace keelson
