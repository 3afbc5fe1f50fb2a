#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "runtime/runtime.h"
#include "system/clock.h"

namespace keelson {

/// Hears what apply does, for the live list, plain lines, JSON lines and the journal. Calls come from several threads, never
/// two at once.
class ApplyListener {
 public:
  virtual ~ApplyListener() = default;
  virtual void planned(const Plan&) {}
  virtual void started(const Step&) {}
  virtual void waiting(const Step&, const std::string& /*what_for*/) {}
  virtual void finished(const Step&, std::int64_t /*took_ms*/) {}
  virtual void failed(const Step&, const Error&, std::int64_t /*took_ms*/) {}
  /// Not tried, because a step it comes after failed.
  virtual void skipped(const Step&, const std::string& /*because_of*/) {}
};

struct ApplyReport {
  int done = 0;
  int skipped = 0;
  Errors failures = {};
  std::int64_t took_ms = 0;
  std::vector<std::string> warnings = {};  ///< of the plan
};

/// Runs the DAG of a plan, at most `parallel` steps at once, each as soon as what it comes after is done. A failed step
/// stops only what comes after it; the rest goes on, so that one run says all there is to say. Blocks until nothing runs.
ApplyReport apply(Runtime& runtime, const Foundation& foundation, const Plan& plan, ApplyListener& listener, const Clock& clock,
                  int parallel = 16);

}  // namespace keelson
