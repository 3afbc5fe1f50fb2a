#include "cli/table.h"

#include <algorithm>
#include <array>

namespace keelson::cli {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

struct StateColour {
  std::string_view state;
  Colour colour;
};
constexpr std::array kStateColours{
    StateColour{"healthy", Colour::green},  StateColour{"ready", Colour::green},     StateColour{"ok", Colour::green},
    StateColour{"pass", Colour::green},     StateColour{"degraded", Colour::yellow}, StateColour{"starting", Colour::yellow},
    StateColour{"warn", Colour::yellow},    StateColour{"unproven", Colour::yellow}, StateColour{"paused", Colour::yellow},
    StateColour{"unknown", Colour::yellow}, StateColour{"down", Colour::red},        StateColour{"failed", Colour::red},
    StateColour{"fail", Colour::red},       StateColour{"stopped", Colour::dim},     StateColour{"skip", Colour::dim},
};

}  // namespace

Colour colour_of(std::string_view state) {
  for (const StateColour& row : kStateColours)
    if (row.state == state) return row.colour;
  return Colour::none;
}

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string cut_to(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t columns = 0;
  std::size_t end = 0;
  while (end < text.size() && (continues(text[end]) || columns < width - 1)) {
    if (!continues(text[end])) ++columns;
    ++end;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return out;
}

std::string Table::text(const Output& output) const {
  std::vector<std::size_t> widths;
  for (const std::string& heading : headings_) widths.push_back(display_width(heading));
  std::vector<std::vector<Cell>> rows = rows_;
  for (auto& row : rows)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
      row[i].text = row[i].text.empty() ? "-" : printable(row[i].text);
      widths[i] = std::max(widths[i], display_width(row[i].text));
    }

  std::string out;
  const auto line = [&](const auto& cell_text, const auto& cell_colour, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = cell_text(i);
      out += output.coloured(text, cell_colour(i));
      if (i + 1 < count) out.append(widths[i] - display_width(text) + 2, ' ');
    }
    out += '\n';
  };
  line([&](std::size_t i) { return headings_[i]; }, [](std::size_t) { return Colour::bold; }, headings_.size());
  for (const auto& row : rows)
    line([&](std::size_t i) { return row[i].text; }, [&](std::size_t i) { return row[i].colour; }, std::min(row.size(), widths.size()));
  return out;
}

}  // namespace keelson::cli
