#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/foundation.h"
#include "runtime/runtime.h"

namespace keelson {

enum class CheckState { pass, fail, skip, unproven };
std::string_view name(CheckState state);

/// What a check found: `evidence` is what was seen, `next` what to do when it is not a pass.
struct CheckResult {
  std::string id;  ///< promise, "PG-3"
  std::string title;
  CheckState state = CheckState::unproven;
  std::int64_t took_ms = 0;
  std::string evidence;
  std::string next;
};

/// What a check may use. Checks act as clients do; they never ask keelson's own opinion.
struct CheckContext {
  const Foundation& foundation;
  Runtime& runtime;
  std::string state_dir;
};

/// One promise of promises.md and the function that tries it. `applies` is empty when it does, else why it is skipped.
struct Check {
  std::string_view id;
  std::string_view title;
  CheckResult (*run)(CheckContext&);
};

/// Every check that fits the foundation, in the order of promises.md.
std::span<const Check> all_checks();

/// Runs the checks whose id is in `only` (all when empty), one after another, telling `done` after each.
std::vector<CheckResult> verify(CheckContext& context, const std::vector<std::string>& only,
                                const std::function<void(const CheckResult&)>& done);

}  // namespace keelson
