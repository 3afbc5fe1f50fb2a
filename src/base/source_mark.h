#pragma once
#include <string>

namespace keelson {

/// A place in a file the user wrote. `line` and `column` count from 1; 0 means "not from a file".
struct SourceMark {
  std::string file;
  int line = 0;
  int column = 0;

  /// "nexus.yaml:12:5", or "" when the value did not come from a file.
  std::string text() const {
    if (line == 0) return {};
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
  }
};

}  // namespace keelson
