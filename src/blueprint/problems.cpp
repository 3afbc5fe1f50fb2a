#include "blueprint/problems.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelson {
namespace {

constexpr std::size_t kMostProblems = 100;
constexpr std::size_t kMostKeyBytes = 64;

/// What the names of settings, components and parameters consist of.
bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
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
  std::sort(in_order.begin(), in_order.end(), [this](const Problem* a, const Problem* b) {
    return std::tuple(order(a->mark), a->mark.line, a->mark.column, a) < std::tuple(order(b->mark), b->mark.line, b->mark.column, b);
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
  const auto end = std::find_if_not(key.begin(), key.end(), in_name);
  const std::string_view name = key.substr(0, std::min<std::size_t>(kMostKeyBytes, static_cast<std::size_t>(end - key.begin())));
  return std::string(name) + (name.size() < key.size() || key.empty() ? "…" : "");
}

std::string join(std::string_view path, std::string_view key) {
  return path.empty() ? shown(key) : std::string(path) + "." + shown(key);
}

}  // namespace keelson
