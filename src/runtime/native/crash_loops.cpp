#include "runtime/native/crash_loops.h"

namespace keelson::native {

CrashLoops::Step::Step(CrashLoops& all) : all_(all) {
  const std::lock_guard guard(all_.mutex_);
  ++all_.going_;
}

CrashLoops::Step::~Step() {
  const std::lock_guard guard(all_.mutex_);
  --all_.going_;
  if (dying_) --all_.dying_;
  ++all_.ended_;
}

bool CrashLoops::Step::failed(int deaths) {
  const std::lock_guard guard(all_.mutex_);
  const bool dying = deaths >= kDeaths;
  if (dying != dying_) all_.dying_ += dying ? 1 : -1;
  dying_ = dying;
  if (!dying || all_.dying_ < all_.going_) {
    alone_since_ = 0;
    return false;
  }
  if (alone_since_ == 0 || ended_then_ != all_.ended_) {
    alone_since_ = deaths;
    ended_then_ = all_.ended_;
    return false;
  }
  return deaths > alone_since_;
}

}  // namespace keelson::native
