#pragma once
#include <mutex>

namespace keelson::native {

/// Says when a start has failed because its process only dies, so that nobody waits for the whole deadline; and does not say
/// so of a start that something else may still cure, such as a program that dies until the database beside it is up.
///
/// A start is dying after `kDeaths` deaths in a row without having been ready. It has failed when every step that still goes on
/// is a dying start too and it has died once more since then: one whole try with nothing left that could change its fate. An
/// instance that lives and is slow never dies, and so never fails here. Thread-safe; outlives its steps.
class CrashLoops {
 public:
  static constexpr int kDeaths = 5;

  /// One step, going on for as long as this lives.
  class Step {
   public:
    explicit Step(CrashLoops& all);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    /// `deaths`: of the instance it waits for, in a row. True: it has failed.
    bool failed(int deaths);

   private:
    CrashLoops& all_;
    bool dying_ = false;
    int alone_since_ = 0;  ///< its deaths when it was first seen that nothing else could help; 0 = not seen
    int ended_then_ = 0;
  };

 private:
  std::mutex mutex_;
  int going_ = 0;
  int dying_ = 0;
  int ended_ = 0;  ///< steps so far: each may have changed something
};

}  // namespace keelson::native
