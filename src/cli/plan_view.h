#pragma once
#include <string>

#include "plan/plan.h"

namespace keelson::cli {

/// The plan as people read it: one line a step, with its reason, and the count at the end. Pure. No newline at the end.
std::string plan_text(const Foundation& foundation, const Plan& plan);

}  // namespace keelson::cli
