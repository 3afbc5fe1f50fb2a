#include "base/error.h"

namespace keelson {
namespace {

struct Row {
  ErrorCode code;
  std::string_view name;
  int exit;
};

constexpr std::array kRows{
    Row{ErrorCode::failed, "failed", 1},
    Row{ErrorCode::usage, "usage", 64},
    Row{ErrorCode::invalid_blueprint, "invalid-blueprint", 3},
    Row{ErrorCode::preflight_refused, "preflight-refused", 4},
    Row{ErrorCode::not_healthy, "not-healthy", 5},
    Row{ErrorCode::check_failed, "check-failed", 6},
    Row{ErrorCode::locked, "locked", 7},
    Row{ErrorCode::not_supported, "not-supported", 1},
    Row{ErrorCode::not_running, "not-running", 1},
};

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (static_cast<std::size_t>(kRows[i].code) != i) return false;
  return kRows.size() == static_cast<std::size_t>(ErrorCode::not_running) + 1;
}
static_assert(rows_in_order(), "one row per ErrorCode, in the order of the enum");

const Row& row(ErrorCode code) { return kRows[static_cast<std::size_t>(code)]; }

}  // namespace

int exit_code(ErrorCode code) { return row(code).exit; }
std::string_view name(ErrorCode code) { return row(code).name; }

std::string describe(const Error& error) {
  std::string text;
  if (!error.where.empty()) text += error.where + ": ";
  text += error.what;
  if (!error.why.empty()) text += ": " + error.why;
  if (!error.next.empty()) text += "\n  next: " + error.next;
  return text;
}

}  // namespace keelson
