#include "pipeline/journaled.h"

namespace keelson {

Result<void> JournaledListener::begin(const std::string& command, const std::string& who) {
  KEELSON_TRY(run_, journal_.begin_run(command, who));
  return journal_.abandon_before(run_);
}

void JournaledListener::keep(const Result<void>& written) {
  if (!written && problem_.what.empty()) problem_ = written.error();
}

void JournaledListener::started(const Step& step) {
  keep(journal_.step_started(run_, step.id));
  inner_.started(step);
}

void JournaledListener::finished(const Step& step, std::int64_t took_ms) {
  keep(journal_.step_finished(run_, step.id, "done"));
  inner_.finished(step, took_ms);
}

void JournaledListener::failed(const Step& step, const Error& error, std::int64_t took_ms) {
  keep(journal_.step_finished(run_, step.id, "failed", describe(error)));
  inner_.failed(step, error, took_ms);
}

}  // namespace keelson
