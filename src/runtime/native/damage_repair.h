#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "async/worker_pool.h"

namespace keelson::native {

/// What an agent does when it starts about the damage that a killed `verify --sabotage` or drill left: those who could repair it may
/// not come back, and nobody else would notice.
///
/// Repairing is the CLI's work (it asks kinds, engines and this agent), so a worker runs `keelson repair <state>`, which takes the
/// foundation's lock; while somebody holds it, who may repair by himself or be killed too, it looks again every 30 s. A repair may need an engine that is
/// still starting: it is tried again, 24 times with 5 s between.
class DamageRepair {
 public:
  using Tell = std::function<void(std::string_view kind, const std::string& reason)>;
  /// `program` is this binary. `tell` gets an event, `repaired` or `failed`, on the loop's thread; none where nothing was left.
  DamageRepair(Loop& loop, WorkerPool& workers, std::string program, std::string state_dir, Tell tell);
  void begin();

 private:
  void attempt();
  void ended(int status, const std::string& why);

  Loop& loop_;
  WorkerPool& workers_;
  const std::string program_, state_dir_;
  const Tell tell_;
  int attempts_ = 0;
  Job job_;
  Timer again_;
};

}  // namespace keelson::native
