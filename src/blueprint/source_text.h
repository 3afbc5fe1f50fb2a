#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "blueprint/blueprint.h"
#include "blueprint/problems.h"

namespace keelson {

/// A blueprint is written by people; the largest anyone wrote was far below this. Larger text is refused unread.
inline constexpr std::size_t kMostSourceBytes = 1024 * 1024;

/// Looks at the bytes before any parser does: size, byte order mark, UTF-8, NUL and other control characters, bare
/// carriage returns. Returns the first problem, or nothing when the text may be parsed.
std::optional<Problem> check_bytes(const BlueprintSource& source);

/// Turns byte offsets into marks whose columns count characters, as editors do. Keeps references to `source`.
class Marks {
 public:
  explicit Marks(const BlueprintSource& source);

  /// The mark of the character at `offset` (clamped to the text).
  SourceMark at(std::size_t offset) const;

 private:
  const BlueprintSource& source_;
  std::vector<std::size_t> line_starts_;
  std::vector<std::uint32_t> characters_before_;  ///< by byte offset, so that a mark costs the same on any line
};

}  // namespace keelson
