#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cli/output.h"

namespace keelson::cli {

struct Cell {
  std::string text;
  Colour colour = Colour::none;
  Cell(std::string t) : text(std::move(t)) {}
  Cell(const char* t) : text(t) {}
  Cell(std::string t, Colour c) : text(std::move(t)), colour(c) {}
};

/// Columns as wide as their widest cell, two spaces between, nothing after the last. Empty cells show as "-".
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : headings_(std::move(headings)) {}
  void row(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  /// Colours come from `output`; control characters in cells are shown as '?', so that no text can move the cursor.
  std::string text(const Output& output) const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<Cell>> rows_;
};

/// Columns a text takes on a terminal: code points, not bytes.
std::size_t display_width(std::string_view text);

/// `text` cut to `width` columns, with "…" when something was cut. Never splits a code point.
std::string cut_to(std::string_view text, std::size_t width);

/// Control characters become '?'.
std::string printable(std::string_view text);

/// Colour of a state word (healthy, failed, pass, …).
Colour colour_of(std::string_view state);

}  // namespace keelson::cli
