#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace keelson {

/// Where the notes of a program stand: in its first pages.
inline constexpr std::size_t kBuildIdWithin = 64 << 10;

/// What the linker calls a program by its content (NT_GNU_BUILD_ID of a 64-bit little-endian ELF file), hex. "" = `start`, its first bytes, holds none. Pure.
std::string build_id(std::string_view start);

}  // namespace keelson
