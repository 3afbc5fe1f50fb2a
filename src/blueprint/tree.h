#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_mark.h"
#include "blueprint/blueprint.h"
#include "blueprint/problems.h"

namespace keelson {

struct Entry;

/// A piece of YAML with the places it was written at. Depth is bounded by kMostDepth, so recursion over it is safe.
struct Node {
  enum class Kind {
    null,      ///< nothing written, `~` or `null`
    scalar,    ///< `text`
    sequence,  ///< `items`
    mapping,   ///< `entries`
    rejected,  ///< an alias or a tagged value: its problem is already told, readers pass over it in silence
  };
  Kind kind = Kind::null;
  bool plain = false;  ///< a scalar without quotes: YAML versions may take it for something else than text
  std::string text;
  std::vector<Node> items;
  std::vector<Entry> entries;
  SourceMark mark;

  /// The first entry of that name, or null.
  const Entry* find(std::string_view key) const;
};

struct Entry {
  std::string key;
  SourceMark mark;  ///< of the key
  Node value;
  SourceMark earlier;  ///< where the same key already stands in this mapping; line 0 = nowhere
  bool repeats() const { return earlier.line != 0; }
};

inline constexpr int kMostDepth = 64;
/// Keys and values together; a foundation of three thousand components has a third of them. Bounds time and memory.
inline constexpr int kMostNodes = 100'000;

/// Parses one source whose bytes were checked. Tells anchors, aliases, merge keys, tags, keys that are not text, a second
/// document, too much depth or too many values, and syntax errors as problems. Repeated keys are only marked: their reader knows the path, and
/// whether they may be shown. Returns nothing when there is no tree to look at.
std::optional<Node> parse_tree(const BlueprintSource& source, Problems& problems);

/// Lays `over` upon `base`: mappings merge deep, everything else replaces; a null leaves a mapping as it is (`redis:`
/// means "redis, nothing to say"). Repeated keys are dropped. Marks stay those of the line that won.
Node merged(const Node& base, const Node& over);

}  // namespace keelson
