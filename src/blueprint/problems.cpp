#include "blueprint/problems.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson {
namespace {

constexpr std::size_t kMostProblems = 100;
constexpr std::size_t kMostKeyBytes = 64;

bool is_word(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// Cuts at a character border, so that the rest stays valid UTF-8.
std::string_view shortened(std::string_view key) {
  if (key.size() <= kMostKeyBytes) return key;
  std::size_t end = kMostKeyBytes;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0) == 0x80) --end;
  return key.substr(0, end);
}

}  // namespace

void Problems::add(Problem problem) {
  std::tuple identity(problem.mark.file, problem.mark.line, problem.mark.column, problem.message);
  if (seen_.contains(identity)) return;
  if (full()) { more_ = true; return; }
  seen_.insert(std::move(identity));
  problems_.push_back(std::move(problem));
}

bool Problems::full() const { return problems_.size() == kMostProblems; }

std::size_t Problems::order(const SourceMark& mark) const {
  return static_cast<std::size_t>(std::find(file_order_.begin(), file_order_.end(), mark.file) - file_order_.begin());
}

Errors Problems::sorted() const {
  std::vector<const Problem*> in_order;
  for (const Problem& problem : problems_) in_order.push_back(&problem);
  std::stable_sort(in_order.begin(), in_order.end(), [this](const Problem* a, const Problem* b) {
    return std::tuple(order(a->mark), a->mark.line, a->mark.column) < std::tuple(order(b->mark), b->mark.line, b->mark.column);
  });
  Errors errors;
  for (const Problem* problem : in_order) {
    const std::string where = problem->mark.line == 0 ? problem->mark.file : problem->mark.text();
    const std::string what = problem->path.empty() ? problem->message : problem->path + ": " + problem->message;
    errors.push_back({ErrorCode::invalid_blueprint, what, where, problem->why, problem->next});
  }
  if (more_)
    errors.push_back({ErrorCode::invalid_blueprint, fmt::format("only the first {} problems are shown", kMostProblems),
                      {}, {}, "mend these, then try again"});
  return errors;
}

std::string shown(std::string_view key) {
  const std::string_view kept = shortened(key);
  if (is_word(kept)) return std::string(kept) + (kept.size() < key.size() ? "…" : "");
  std::string text = "\"";
  for (const char c : kept) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') text += '\\';
    if (byte < 0x20 || byte == 0x7F) text += fmt::format("\\x{:02x}", byte);
    else text += c;
  }
  return text + (kept.size() < key.size() ? "…\"" : "\"");
}

std::string join(std::string_view path, std::string_view key) {
  return path.empty() ? shown(key) : std::string(path) + "." + shown(key);
}

}  // namespace keelson
