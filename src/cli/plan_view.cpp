#include "cli/plan_view.h"

#include <algorithm>

#include "cli/table.h"

namespace keelson::cli {

std::string plan_text(const Foundation& foundation, const Plan& plan) {
  if (plan.empty()) return foundation.name + " stands as the blueprint says; nothing to do.";
  std::size_t action_width = 0;
  std::size_t subject_width = 0;
  for (const Step& step : plan.steps) {
    action_width = std::max(action_width, display_width(name(step.action)));
    subject_width = std::max(subject_width, display_width(step.subject));
  }
  std::string out;
  const auto padded = [](std::string_view text, std::size_t width) { return std::string(text) + std::string(width - display_width(text) + 2, ' '); };
  for (const Step& step : plan.steps)
    out += "  " + padded(name(step.action), action_width) + padded(step.subject, subject_width) + printable(step.reason) + "\n";
  const std::size_t count = plan.steps.size();
  return out + std::to_string(count) + (count == 1 ? " step." : " steps.");
}

}  // namespace keelson::cli
