#pragma once
#include <string>

#include "apply/apply.h"
#include "state/journal.h"

namespace keelson {

/// Writes each step's start and end to the journal before telling the user's listener, so that a killed run shows what was
/// open. A journal that cannot be written does not stop the work; the first such failure is kept in `problem`.
class JournaledListener : public ApplyListener {
 public:
  JournaledListener(ApplyListener& inner, state::Journal& journal) : inner_(inner), journal_(journal) {}
  Result<void> begin(const std::string& command, const std::string& who);
  Result<void> end(const std::string& outcome) { return journal_.end_run(run_, outcome); }
  const Error* problem() const { return problem_.what.empty() ? nullptr : &problem_; }

  void planned(const Plan& plan) override { inner_.planned(plan); }
  void started(const Step& step) override;
  void waiting(const Step& step, const std::string& what_for) override { inner_.waiting(step, what_for); }
  void finished(const Step& step, std::int64_t took_ms) override;
  void failed(const Step& step, const Error& error, std::int64_t took_ms) override;
  void skipped(const Step& step, const std::string& because_of) override { inner_.skipped(step, because_of); }

 private:
  void keep(const Result<void>& written);

  ApplyListener& inner_;
  state::Journal& journal_;
  std::int64_t run_ = 0;
  Error problem_;
};

}  // namespace keelson
